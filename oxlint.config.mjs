/**
 * Lint: oxlint's correctness and suspicious rules, type-aware ones too, and the folder rules of CONTRIBUTING.md.
 * FOLDERS is the one table of who may import whom; `overrides` below is generated from it.
 * lab/setup/folders.test.ts plants violations in a copy and expects each to be reported.
 */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** The folders of src that are functions of their arguments: no kernel, no files, no clock. */
const PURE = ['src/base', 'src/elf', 'src/arch', 'src/proc', 'src/snapshot', 'src/plan', 'src/restorer'];

/** What all rooms of src/plan build on. */
const UNDER_PLAN = ['src/base', 'src/elf', 'src/arch', 'src/snapshot', 'src/restorer'];

/** A room of src/plan, with the rooms under it. */
const roomOfPlan = (duty, ...rooms) => ({
  duty,
  folders: [...UNDER_PLAN, ...rooms.map((room) => `src/plan/${room}`)],
  node: false,
  packages: [],
});

/** What all rooms of src/capture build on. */
const UNDER_CAPTURE = [
  'src/base',
  'src/elf',
  'src/arch',
  'src/proc',
  'src/snapshot',
  'src/errand',
  'src/plan',
  'src/sys',
];

/** A room of src/capture, with the rooms under it. */
const roomOfCapture = (duty, ...rooms) => ({
  duty,
  folders: [...UNDER_CAPTURE, ...rooms.map((room) => `src/capture/${room}`)],
  node: false,
  packages: [],
});

/** All that the command line and the library put together. */
const ABILITIES = [
  ...PURE,
  'src/predict',
  'src/reaper',
  'src/sys',
  'src/capture',
  'src/image',
  'src/compare',
  'src/inspect',
  'src/doctor',
];

/**
 * One row per folder; the longest match governs a file. A folder may always import itself.
 * - `folders` other folders of this project; `src/*.ts` stands for the files directly in src
 * - `node` whether node: modules may be imported
 * - `packages` npm packages (types only counts as importing)
 * - `isAboveRooms` whether the files directly in it are above the rooms in it, which then must not import them
 */
export const FOLDERS = {
  'src/base': { duty: 'ranges, bytes, names, errors', folders: [], node: false, packages: [] },
  'src/elf': { duty: 'ELF records, read and written', folders: ['src/base'], node: false, packages: [] },
  'src/snapshot': {
    duty: 'all that is known of a process, a file for each noun',
    folders: ['src/base'],
    node: false,
    packages: [],
    isAboveRooms: true,
  },
  'src/snapshot/files': {
    duty: 'what descriptors lead to, a type for each kind',
    folders: ['src/base'],
    node: false,
    packages: [],
  },
  'src/snapshot/schema': {
    duty: 'the JSON form, and what is refused of it',
    folders: ['src/base', 'src/snapshot'],
    node: false,
    packages: ['zod'],
  },
  'src/arch': {
    duty: 'facts about each machine',
    folders: ['src/base', 'src/elf', 'src/snapshot'],
    node: false,
    packages: [],
  },
  'src/proc': {
    duty: 'parse what the kernel prints',
    folders: ['src/base', 'src/arch', 'src/snapshot'],
    node: false,
    packages: [],
  },
  'src/predict': {
    duty: "what the kernel's loader does with an ELF file",
    folders: ['src/base', 'src/elf'],
    node: false,
    packages: [],
  },
  'src/restorer': {
    duty: 'the machine code inside an image, and its steps',
    folders: ['src/base', 'src/elf', 'src/arch', 'src/snapshot'],
    node: false,
    packages: [],
  },
  'src/plan': {
    duty: 'who carries what, at which address: the table of contents, and the order of the restore program',
    folders: UNDER_PLAN,
    node: false,
    packages: [],
    isAboveRooms: true,
  },
  'src/plan/program': roomOfPlan('writes steps, and the data that they point to'),
  'src/plan/files': roomOfPlan('which file it is, and how it is opened again', 'program'),
  'src/plan/descriptors': roomOfPlan('each kind of descriptor, put back', 'program', 'files'),
  'src/plan/memory': roomOfPlan('each kind of mapping, put back', 'program', 'files'),
  'src/plan/job': roomOfPlan('types: the job, where its parts are, the plan', 'files', 'memory'),
  'src/plan/process': roomOfPlan('what a process has for itself, put back', 'program', 'job'),
  'src/plan/threads': roomOfPlan('what each thread has for itself, put back', 'program', 'job', 'process'),
  'src/plan/layout': roomOfPlan('which address everything gets', 'program', 'files', 'memory', 'job', 'threads'),
  'src/plan/image': roomOfPlan('which offset in the file, and the headers and sections', 'job'),
  'src/reaper': {
    duty: 'the machine code of a thread of elfreeze that waits for dead tracees',
    folders: [],
    node: false,
    packages: [],
  },
  'src/sys': {
    duty: 'every system call, /proc read, ptrace, file write',
    folders: ['src/base', 'src/elf', 'src/arch', 'src/predict', 'src/proc', 'src/reaper', 'src/snapshot'],
    node: true,
    packages: ['koffi'],
  },
  'src/errand': {
    duty: 'the machine code that runs in a copy of the process, and its table',
    folders: [],
    node: false,
    packages: [],
  },
  'src/capture': {
    duty: 'a live process becomes a snapshot: the table of contents, what is learnt before and after it stands still',
    folders: UNDER_CAPTURE,
    node: false,
    packages: [],
    isAboveRooms: true,
  },
  'src/capture/borrow': roomOfCapture('how a process, or its copy, is made to answer'),
  'src/capture/process': roomOfCapture('which process it is, and what of it is refused', 'borrow'),
  'src/capture/memory': roomOfCapture('what each mapping is, and which of its pages exist', 'borrow', 'process'),
  'src/capture/descriptors': roomOfCapture('what each descriptor leads to', 'process', 'memory'),
  'src/capture/threads': roomOfCapture('all threads stopped, and what each has for itself', 'borrow', 'process'),
  'src/image': {
    duty: 'an image is read back, and nothing in it trusted',
    folders: [...PURE, 'src/sys'],
    node: true,
    packages: [],
  },
  'src/compare': {
    duty: 'what of a process is not as its image recorded it',
    folders: [...PURE, 'src/sys', 'src/capture', 'src/image'],
    node: false,
    packages: [],
  },
  'src/inspect': {
    duty: 'a process or an image in words',
    folders: [...PURE, 'src/predict', 'src/sys', 'src/capture', 'src/image', 'src/cli'],
    node: false,
    packages: [],
  },
  'src/doctor': {
    duty: 'what this host allows',
    folders: ['src/base', 'src/elf', 'src/proc', 'src/sys', 'src/cli'],
    node: true,
    packages: [],
  },
  'src/cli': {
    duty: 'argv, what is printed, exit status',
    folders: [...ABILITIES, 'src/*.ts'],
    node: true,
    packages: ['commander', 'zod'],
  },
  src: {
    duty: 'the pipeline, the library entry, the command line entry',
    folders: [...ABILITIES, 'src/cli'],
    node: true,
    packages: ['commander'],
  },
  lab: {
    duty: 'build, run, freeze, rerun, judge: uses the built command line, shares no code with it',
    folders: ['src/base'],
    node: true,
    packages: ['commander', 'listr2', 'tmp-promise'],
  },
  'lab/container': {
    duty: 'a container engine, its images, what runs in containers',
    folders: ['src/base'],
    node: true,
    packages: ['dockerode', 'tar-stream'],
  },
  'lab/inherited': {
    duty: 'descriptors that the lab was started with stay its own',
    folders: [],
    node: true,
    packages: ['koffi'],
  },
  'lab/report': {
    duty: 'a run as JSON, JUnit, HTML',
    folders: ['src/base'],
    node: true,
    packages: ['zod', 'playwright-core'],
  },
  'lab/report/page': {
    duty: 'the HTML report itself: runs in a browser',
    folders: ['src/base'],
    node: false,
    packages: ['preact'],
  },
  'lab/vm': {
    duty: "Debian's kernels, the guests that run them, and what runs inside",
    folders: ['src/base'],
    node: true,
    packages: [],
  },
  'property-tests': {
    duty: 'random layouts held against the kernel',
    folders: [...PURE, 'src/predict', 'src/image', 'src/compare', 'lab', 'lab/vm'],
    node: true,
    packages: ['vitest', 'fast-check', 'tmp-promise'],
  },
  'property-tests/oracles': {
    duty: 'what others say of an ELF: kernel, readelf',
    folders: [],
    node: true,
    packages: ['tmp-promise'],
  },
};

/** What a *.test.ts may import on top of its folder's row. Those of src may look at all of src. */
const TESTS = { node: true, packages: ['vitest', 'fast-check', 'tmp-promise'] };

/** Folders nest at most this deep below a row's folder; folders.test.ts checks it. */
export const MAX_DEPTH = 3;

const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const PACKAGES = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.devDependencies });
const OUTSIDE_SRC = ['lab', 'property-tests', 'bin', 'dist'];

const escape = (text) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const inside = (folder, other) => folder === other || folder.startsWith(`${other}/`);

/** The sentence printed with a violation. */
function sentence(folder, { folders, node, packages }) {
  const allowed = [...folders, ...(node ? ['node:*'] : []), ...packages];
  return `${folder} may import ${allowed.length === 0 ? 'nothing from outside itself' : `only ${allowed.join(', ')}`} (the table in oxlint.config.mjs)`;
}

/** Patterns of the imports that files `depth` folders below `folder` must not write. */
function denied(folder, depth, { folders, node, packages }) {
  const at = posix.join(folder, ...Array.from({ length: depth }, (_, i) => `level${i}`));
  const to = (path) => escape(posix.relative(at, path)) || '\\.';
  const allowed = (path) => inside(path, folder) || folders.some((each) => inside(path, each));
  const others = [...Object.keys(FOLDERS), ...OUTSIDE_SRC].filter(
    (path) => path !== 'src' && !inside(folder, path) && !allowed(path),
  );
  const patterns = others.map((path) => `^${to(path)}(\\/|$)`);
  if (folder !== 'src' && !folders.includes('src/*.ts')) patterns.push(`^${to('src')}\\/[^/]+$`);
  const around = Object.keys(FOLDERS).filter((path) => FOLDERS[path].isAboveRooms && path !== folder);
  for (const path of around)
    if (inside(folder, path) && !folders.includes(path)) patterns.push(`^${to(path)}\\/[^/]+$`);
  // The long way round, ../../src/sys from within src, would slip past the patterns above.
  if (inside(folder, 'src')) patterns.push('^(\\.\\.\\/)+src\\/');
  if (!node) patterns.push('^node:');
  for (const name of PACKAGES) if (!packages.includes(name)) patterns.push(`^${escape(name)}(\\/|$)`);
  return patterns;
}

/** The overrides of one row: its files by depth, then its tests by depth. Of two overrides the later one holds. */
function overridesOf([folder, row]) {
  const ofTests = {
    folders: inside(folder, 'src')
      ? [...Object.keys(FOLDERS).filter((each) => inside(each, 'src')), 'src/*.ts']
      : row.folders,
    node: TESTS.node,
    packages: [...new Set([...row.packages, ...TESTS.packages])],
  };
  return [row, ofTests].flatMap((rules) =>
    Array.from({ length: MAX_DEPTH + 1 }, (_, depth) => {
      const message = sentence(folder, rules);
      const patterns = denied(folder, depth, rules).map((regex) => ({ regex, message }));
      const files = `${folder}/${'*/'.repeat(depth)}*${rules === row ? '' : '.test'}.{ts,tsx}`;
      return { files: [files], rules: { 'no-restricted-imports': ['error', { patterns }] } };
    }),
  );
}

/** Shorter folders first, so that the longest match holds. */
const rows = Object.entries(FOLDERS).sort(([a], [b]) => a.split('/').length - b.split('/').length);

export default {
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'node', 'promise', 'vitest'],
  categories: { correctness: 'error', suspicious: 'error' },
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['dist', 'node_modules', '.cache', '**/testdata/**', '**/*.generated.*'],
  rules: {
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/await-thenable': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'typescript/consistent-type-imports': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'off',
    'import/no-cycle': 'error',
    'unicorn/prefer-node-protocol': 'error',
    'no-empty': ['error', { allowEmptyCatch: false }],
    eqeqeq: 'error',
    'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    // Off, each because correct code here is written that way.
    'consistent-return': 'off', // does not know `asserts cond`
    'no-underscore-dangle': 'off',
    'import/no-named-as-default-member': 'off', // koffi.func
    'typescript/no-unsafe-type-assertion': 'off', // bytes from the kernel get their type by decoding
    'typescript/no-unnecessary-type-conversion': 'off', // reports Number(bigint)
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/no-array-sort': 'off', // sorts and reverses what was made for it
    'unicorn/no-array-reverse': 'off',
    'unicorn/no-useless-spread': 'off', // ...['-a', '-b'] groups arguments
    'vitest/expect-expect': 'off', // properties assert through fast-check
    'vitest/no-conditional-expect': 'off',
    // Loops over system calls and steps await in order on purpose.
    'no-await-in-loop': 'off',
  },
  overrides: [
    ...rows.flatMap(overridesOf),
    {
      // What is a function of its arguments asks nobody, and prints nothing.
      files: PURE.map((folder) => `${folder}/**/*.ts`),
      rules: { 'no-restricted-globals': ['error', 'process', 'console'] },
    },
    { files: ['**/*.test.ts'], rules: { 'no-restricted-globals': 'off' } },
    {
      // Plain JavaScript has no types to judge by.
      files: ['**/*.mjs', 'bin/*'],
      rules: Object.fromEntries(
        ['no-base-to-string', 'restrict-template-expressions', 'no-floating-promises', 'no-unsafe-unary-minus'].map(
          (rule) => [`typescript/${rule}`, 'off'],
        ),
      ),
    },
  ],
};
