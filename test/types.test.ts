// What TypeScript programs see of the package.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The declarations that index.d.ts leads to, and the packages that they import. */
function declarations(): { files: string[]; packages: string[] } {
  const files = [path.join(root, 'dist/index.d.ts')];
  const packages = new Set<string>();
  for (const file of files) {
    for (const [, name] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)\b[^;]*?from '([^']+)'/gm,
    )) {
      const other = path.resolve(path.dirname(file), name!.replace(/\.js$/, '.d.ts'));
      if (!name!.startsWith('.')) packages.add(name!);
      else if (!files.includes(other)) files.push(other);
    }
  }
  return { files, packages: [...packages] };
}

t.test('the declarations need no package of ours', async (t) => {
  const { files, packages } = declarations();
  t.ok(files.length > 10, 'they were followed');
  t.same(
    packages.filter((name) => !name.startsWith('node:')),
    [],
  );
});

const PROGRAM = `
import { type AnimateOptions, KdtalkerError, type PackManifest, Talker } from 'kdtalker';
export async function main(options: AnimateOptions): Promise<PackManifest> {
  const talker = await Talker.load('puppet', { device: 'cpu' });
  try {
    const portrait = await talker.portrait('face.jpg');
    await talker.animate(portrait, 'speech.wav', { seed: 7, silenceGate: { after: 1 }, ...options }).save('talk.mp4');
    return talker.pack;
  } catch (error) {
    if (error instanceof KdtalkerError && error.code === 'NO_FACE') throw new Error(error.message);
    throw error;
  }
}
`;

for (const [moduleResolution, module] of [
  ['node10', 'commonjs'],
  ['bundler', 'esnext'],
  ['nodenext', 'nodenext'],
] as const) {
  t.test(`a strict program compiles with moduleResolution ${moduleResolution}`, async (t) => {
    const folder = t.testdir();
    mkdirSync(path.join(folder, 'node_modules/@types'), { recursive: true });
    symlinkSync(root, path.join(folder, 'node_modules/kdtalker'));
    symlinkSync(path.join(root, 'node_modules/@types/node'), path.join(folder, 'node_modules/@types/node'));
    const compilerOptions = { module, moduleResolution, target: 'ES2022', noEmit: true };
    const strict = { strict: true, skipLibCheck: false, types: ['node'] };
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    writeFileSync(path.join(folder, 'main.ts'), PROGRAM);
    writeFileSync(
      path.join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...compilerOptions, ...strict }, files: ['main.ts'] }),
    );
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    const said = () => execFileSync(process.execPath, [tsc, '--project', folder], { encoding: 'utf8' });
    try {
      t.equal(said(), '');
    } catch (error) {
      t.fail((error as { stdout: string }).stdout.slice(0, 2000));
    }
  });
}
