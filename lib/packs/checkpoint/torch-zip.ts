import { damaged, LIMITS, quoted } from './damaged.js';
import { type Unpickled, unpickle } from './unpickle.js';
import type { ZipArchive, ZipEntry } from './zip.js';

/** The archive's pickle: `NAME/data.pkl`, where NAME is the file's name at the time of writing. */
export function findPickle(archive: ZipArchive): ZipEntry | undefined {
  const found = [...archive.entries.values()].filter(({ name }) => /^(?:[^/]+\/)?data\.pkl$/.test(name));
  if (found.length > 1) throw damaged(`Expected one data.pkl in the archive but received ${found.length}`);
  return found[0];
}

/**
 * PyTorch's zip container (since 1.6): `data.pkl`, `byteorder` and each storage's raw bytes as `data/KEY`.
 * This reads only the pickle.
 */
export async function readTorchZip(archive: ZipArchive, pickle: ZipEntry): Promise<Unpickled> {
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  if (archive.entries.has(`${folder}constants.pkl`))
    throw damaged(
      'Expected a file of torch.save but received a TorchScript program: save its state dict instead',
    );
  if (pickle.size > LIMITS.pickleBytes)
    throw damaged(`Expected a pickle of at most ${LIMITS.pickleBytes} bytes but received ${pickle.size}`);
  const unpickled = unpickle(await pickle.read(0, pickle.size));
  const bigEndian = await isBigEndian(archive.entries.get(`${folder}byteorder`));
  for (const storage of unpickled.storages) {
    const entry = archive.entries.get(`${folder}data/${storage.key}`);
    if (!entry)
      throw damaged(`Expected the bytes of storage ${quoted(storage.key)} but the archive has none`);
    storage.locate(entry, bigEndian);
  }
  return unpickled;
}

/** Files before PyTorch 2.1 have no `byteorder` and are little-endian. */
async function isBigEndian(entry: ZipEntry | undefined): Promise<boolean> {
  if (!entry) return false;
  const order = Buffer.from(await entry.read(0, Math.min(entry.size, 16))).toString('latin1');
  if (order !== 'little' && order !== 'big')
    throw damaged(`Expected 'little' or 'big' for the byte order but received ${quoted(order)}`);
  return order === 'big';
}
