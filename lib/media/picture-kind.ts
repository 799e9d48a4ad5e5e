import type { StillKind } from './still.js';

/** A text at an offset of a file, as Latin-1. A kind's mark is a list of them; all have to match. */
type Mark = readonly (readonly [at: number, text: string])[];

const brand = (name: string): Mark => [[4, `ftyp${name}`]];
const start = (text: string): Mark => [[0, text]];

/** Pictures that ffmpeg reads and sharp does not. */
const STILLS: readonly (readonly [StillKind, Mark])[] = [
  ...['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx'].map((name) => ['heic', brand(name)] as const),
  ['jp2', start('\0\0\0\x0cjP  \r\n\x87\n')],
  ['jp2', start('\xff\x4f\xff\x51')],
  ['psd', start('8BPS\0\x01')],
  ['bmp', [...start('BM'), [6, '\0\0\0\0']]],
];

const VIDEO = 'a video (talker.sourceVideo() takes it)';

/** Files that cannot be read as a picture, named for messages. */
const OTHERS: readonly (readonly [string, Mark])[] = [
  ['a JPEG XL file', start('\xff\x0a')],
  ['a JPEG XL file', start('\0\0\0\x0cJXL ')],
  ['an icon', start('\0\0\x01\0')],
  ['a PDF', start('%PDF-')],
  ['a large Photoshop document', start('8BPS\0\x02')],
  ['an OpenEXR file', start('v/1\x01')],
  ['a Radiance picture', start('#?RADIANCE')],
  ['a web page', start('<!DOCTYPE html')],
  ['a web page', start('<html')],
  [VIDEO, start('\x1aE\xdf\xa3')],
  [VIDEO, [...start('RIFF'), [8, 'AVI ']]],
  ...['isom', 'iso2', 'iso4', 'iso5', 'iso6', 'mp41', 'mp42', 'M4V ', 'qt  ', 'avc1', '3gp4', '3gp5'].map(
    (name) => [VIDEO, brand(name)] as const,
  ),
];

function find<Kind>(kinds: readonly (readonly [Kind, Mark])[], head: Uint8Array): Kind | undefined {
  const text = Buffer.from(head).toString('latin1');
  return kinds.find(([, mark]) => mark.every(([at, part]) => text.startsWith(part, at)))?.[0];
}

/** The kind of a picture that ffmpeg reads and sharp does not; undefined for all others. */
export function stillKind(head: Uint8Array): StillKind | undefined {
  return find(STILLS, head);
}

/** The kind of a file that is no picture, in words; undefined if unknown. */
export function otherKind(head: Uint8Array): string | undefined {
  return find(OTHERS, head);
}

/** Whether the bytes begin like a TGA file. TGA has no mark: use this only for a file that no decoder recognises. */
export function looksLikeTga(head: Uint8Array): boolean {
  if (head.length < 16) return false;
  const [, map = 9, type = 0] = head;
  const width = head[12]! + 256 * head[13]!;
  const height = head[14]! + 256 * head[15]!;
  return map <= 1 && [1, 2, 3, 9, 10, 11].includes(type) && width > 0 && height > 0;
}
