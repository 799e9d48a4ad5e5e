import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '../../dist/packs/checkpoint/index.js';

/**
 * Reads every tensor of every file of a folder and prints as JSON the outcome of each: `read`, `refused` or an unexpected error; and the
 * peak memory, in bytes.
 */
const [folder] = process.argv.slice(2);
const outcomes = {};
for (const name of readdirSync(folder).sort()) outcomes[name] = await outcomeOf(join(folder, name));
process.stdout.write(JSON.stringify({ outcomes, peak: process.resourceUsage().maxRSS * 1024 }));

async function outcomeOf(file) {
  let checkpoint;
  try {
    checkpoint = await openCheckpoint(file);
    for (const [name, { bytes }] of checkpoint.tensors) await readOne(checkpoint, name, bytes);
    return 'read';
  } catch (error) {
    const refused = error.code === 'CHECKPOINT_INVALID' && error.message.startsWith('Expected');
    return refused ? 'refused' : `${error.code}: ${error.message}`;
  } finally {
    await checkpoint?.close();
  }
}

async function readOne(checkpoint, name, bytes) {
  const { data } = await checkpoint.read(name);
  if (data.byteLength !== bytes) throw new Error(`${name} has ${data.byteLength} bytes, not ${bytes}`);
}
