/**
 * Whether a file begins like a playlist. Playlists are refused because they make ffmpeg open whatever they name: a hole in a service that
 * accepts uploads.
 */
export function isPlaylist(head: Uint8Array): boolean {
  const text = Buffer.from(head).toString('latin1');
  return /^(\xef\xbb\xbf)?(#EXTM3U|ffconcat|<\?xml|\[playlist)/.test(text);
}
