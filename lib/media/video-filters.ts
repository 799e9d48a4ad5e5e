/**
 * The filters between a video track and its pictures.
 *
 * @param track ffmpeg's description of the track, as `MediaTrack.text`
 * @param fps pictures a second, from time 0 of the file
 */
export function pictureFilters(track: string, fps: number): string {
  return [steadyRate(fps), ...toneMap(track), ...squarePixels(track)].join(',');
}

/**
 * Makes pictures at even times from the file's start. The first picture is held until the second, also if the track begins later than the
 * sound; the picture before a gap is held, too. A start within the first frame counts as 0, because it comes from codec delays: otherwise
 * the nearest frame would be the second.
 */
function steadyRate(fps: number): string {
  return `setpts='PTS-if(lt(STARTT,${1 / fps}),STARTPTS,0)',fps=${fps}:start_time=0`;
}

/** Enlarges the side along which pixels are shorter. */
function squarePixels(track: string): string[] {
  // The track's aspect ratio and its coding's may both be listed; the filter knows which one holds.
  const ratios = [...track.matchAll(/\bSAR (\d+):(\d+)/g)];
  if (ratios.every(([, across, down]) => across === down)) return [];
  return ["scale=w='if(gt(sar,1),iw*sar,iw)':h='if(gt(sar,1),ih,ih/sar)'", 'setsar=1'];
}

/** Light of BT.2100's perceptual quantiser; 1 means 1000 nits. */
const FROM_PERCEPTUAL =
  'st(0,pow(val/maxval,0.0126833));' +
  'maxval*clip(pow(max(ld(0)-0.8359375,0)/(18.8515625-18.6875*ld(0)),6.2773946)*10,0,1)';

/** Light of BT.2100's hybrid log-gamma on a screen of 1000 nits; the system gamma of 1.2 is applied to each colour. */
const FROM_HYBRID_LOG =
  'st(0,val/maxval);' +
  'maxval*clip(pow(if(lte(ld(0),0.5),ld(0)*ld(0)/3,(exp((ld(0)-0.55991073)/0.17883277)+0.28466892)/12),1.2),0,1)';

/**
 * The code values for an ordinary screen: white paper, 203 nits, is 1; above 0.8 of it highlights are compressed without clipping; then the
 * gamma of 2.4.
 */
const TO_SCREEN =
  'st(0,val/maxval*4.926);maxval*pow(if(lte(ld(0),0.8),ld(0),0.8+0.2*(1-0.2/(ld(0)-0.6))),0.41666667)';

/** Converts BT.2020's primaries to BT.709's, in linear light. */
const TO_709 = 'colorchannelmixer=1.6605:-0.5876:-0.0728:0:-0.1246:1.1329:-0.0083:0:-0.0182:-0.1006:1.1187';

/**
 * Maps high dynamic range to an ordinary screen. Uses only filters that every build has, so that all builds give the same; zscale and
 * tonemap, which many lack, come out 7 levels darker on a portrait.
 */
function toneMap(track: string): string[] {
  const from = /\bsmpte2084\b/.test(track)
    ? FROM_PERCEPTUAL
    : /\barib-std-b67\b/.test(track)
      ? FROM_HYBRID_LOG
      : undefined;
  if (from === undefined) return [];
  return ['scale=in_color_matrix=bt2020', 'format=gbrp16le', curve(from), TO_709, curve(TO_SCREEN)];
}

function curve(of: string): string {
  return `lutrgb=r='${of}':g='${of}':b='${of}'`;
}
