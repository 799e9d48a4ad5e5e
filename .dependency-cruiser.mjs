// The ladder of CONTRIBUTING.md as rules: each layer knows those below it and none above, and nothing imports in a circle.
// Imports of types count too. `npm run lint:layers` checks it; native code has the same in test/layers.test.ts.

/** From the top to the bottom. Folders on one rung may know each other. */
const LADDER = [
  ['^lib/cli/', '^lib/build/'],
  ['^lib/index\\.ts$'],
  ['^lib/evaluate/', '^lib/dataset/', '^lib/training/'],
  ['^lib/talker/[^/]+$'],
  ['^lib/talker/stream/'],
  ['^lib/talker/clip/'],
  ['^lib/talker/video/'],
  ['^lib/talker/portrait/'],
  ['^lib/talker/motion/', '^lib/talker/load/'],
  ['^lib/talker/host/'],
  ['^lib/media/', '^lib/face/'],
  ['^lib/packs/'],
  ['^lib/files/'],
  ['^lib/binding\\.ts$'],
  ['^lib/(errors|native-errors|installed|abort|sharp|limits|validate|suggest|version|picture|warnings|gpu-report|input-faults|html|binding-options)\\.ts$'],
];

const upward = LADDER.slice(1).map((rung, i) => ({
  name: `no-arrow-upwards-${i + 1}`,
  comment: 'A change that needs an arrow upwards needs another design.',
  severity: 'error',
  from: { path: rung },
  to: { path: LADDER.slice(0, i + 1).flat() },
}));

export default {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    ...upward,
    {
      name: 'one-door',
      comment: 'lib/installed.ts finds the addon for lib/binding.ts, the one door to it.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/installed\\.ts$' },
      to: { path: 'node-gyp-build' },
    },
    {
      name: 'on-a-rung',
      comment: 'A new file or folder directly under lib/ needs its place on the ladder.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^lib/', pathNot: LADDER.flat() },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default'] },
  },
};
