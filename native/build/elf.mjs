// Reads the requirements of a Linux library from its ELF file (64 bits, little-endian), and renames a library. Sections and tables: System
// V ABI, "Object files"; symbol versions: LSB, "Symbol versioning".

const SECTION = { dynamic: 6, needed: 0x6ffffffe };
const TAG = { needed: 1, soname: 14 };

/** The sections of a library: type, position of the bytes, and the section of its names. */
function sectionsOf(bytes) {
  if (bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1)
    throw new Error('Expected an ELF library of 64 bits, little-endian, but received another file');
  const [table, size, count] = [
    Number(bytes.readBigUInt64LE(0x28)),
    bytes.readUInt16LE(0x3a),
    bytes.readUInt16LE(0x3c),
  ];
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * size;
    return {
      type: bytes.readUInt32LE(at + 4),
      offset: Number(bytes.readBigUInt64LE(at + 0x18)),
      size: Number(bytes.readBigUInt64LE(at + 0x20)),
      names: bytes.readUInt32LE(at + 0x28),
    };
  });
}

function textAt(bytes, offset) {
  return bytes.toString('latin1', offset, bytes.indexOf(0, offset));
}

/** The needed versions of other libraries' symbols, such as GLIBC_2.34, unordered. */
export function neededVersions(bytes) {
  const sections = sectionsOf(bytes);
  const section = sections.find(({ type }) => type === SECTION.needed);
  if (!section) return [];
  const names = sections[section.names].offset;
  const found = [];
  for (let at = section.offset, more = true; more; ) {
    let entry = at + bytes.readUInt32LE(at + 8);
    for (let left = bytes.readUInt16LE(at + 2); left > 0; left--) {
      found.push(textAt(bytes, names + bytes.readUInt32LE(entry + 8)));
      entry += bytes.readUInt32LE(entry + 12);
    }
    const next = bytes.readUInt32LE(at + 12);
    more = next !== 0;
    at += next;
  }
  return found;
}

/** The positions in the file of the texts of one tag of the dynamic section. */
function dynamicTexts(bytes, tag) {
  const sections = sectionsOf(bytes);
  const dynamic = sections.find(({ type }) => type === SECTION.dynamic);
  const names = sections[dynamic.names].offset;
  const places = [];
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16)
    if (Number(bytes.readBigUInt64LE(at)) === tag) places.push(names + Number(bytes.readBigUInt64LE(at + 8)));
  return places;
}

/** The libraries that this library is linked with. */
export function neededLibraries(bytes) {
  return dynamicTexts(bytes, TAG.needed).map((place) => textAt(bytes, place));
}

/** The name under which the loader knows it. */
export function sonameOf(bytes) {
  const [place] = dynamicTexts(bytes, TAG.soname);
  return place === undefined ? undefined : textAt(bytes, place);
}

/** A copy under another name, which must not be longer. */
export function withSoname(bytes, name) {
  const [place] = dynamicTexts(bytes, TAG.soname);
  const old = sonameOf(bytes);
  if (old === undefined || name.length > old.length)
    throw new Error(`Expected a library with a name of ${name.length} letters or more but received ${old}`);
  const copy = Buffer.from(bytes);
  copy.fill(0, place, place + old.length);
  copy.write(name, place, 'latin1');
  return copy;
}

/** The oldest system that a prebuilt library has to load on: glibc 2.34 beside GCC 11's libstdc++ (docs/install.md says so). */
export const OLDEST = { GLIBC: '2.34', GLIBCXX: '3.4.29', CXXABI: '1.3.13' };

/** The needed versions that are newer than {@link OLDEST}. */
export function tooYoung(versions, oldest = OLDEST) {
  return versions.filter((version) => {
    const [family, number] = version.split('_');
    return oldest[family] !== undefined && isAfter(number, oldest[family]);
  });
}

function isAfter(number, other) {
  const [a, b] = [number, other].map((text) => text.split('.').map(Number));
  const at = a.findIndex((part, index) => part !== (b[index] ?? 0));
  return at >= 0 && a[at] > (b[at] ?? 0);
}
