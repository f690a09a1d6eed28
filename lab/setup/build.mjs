// Builds dist: the library by tsc (one file per module, with types), both command lines by esbuild. Built aside and moved
// in place whole.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, stampIn } from './fingerprint.mjs';
import { holdLock } from './lock.mjs';
import { ROOT } from './paths.mjs';
import { fail } from './say.mjs';

/** elfreeze: name in dist/elfreeze → entry. Each command is apart; the errors are too, as all must throw and catch the same class. */
const ELFREEZE = {
  errors: 'src/base/errors.ts',
  main: 'src/main.ts',
  freeze: 'src/cli/freeze.ts',
  compare: 'src/cli/compare.ts',
  inspect: 'src/cli/inspect.ts',
  predict: 'src/cli/predict.ts',
  doctor: 'src/cli/doctor.ts',
};
/** The lab: name in dist → entry. */
const LAB = { 'elfreeze-lab': 'lab/main.ts', 'elfreeze-lab-agent': 'lab/agent/main.ts' };
const NODE = 'node20.19';
const NEW = join(ROOT, '.cache', `dist-${process.pid}`);

// The set-up starts us with the lock in its hands.
if (!process.argv.includes('--locked')) holdLock();
const cache = join(ROOT, '.cache');
mkdirSync(cache, { recursive: true });
for (const name of readdirSync(cache)) if (name.startsWith('dist-')) rmSync(join(cache, name), { recursive: true });
process.once('exit', () => rmSync(NEW, { recursive: true, force: true }));

const before = fingerprint();
compileLibrary();
await writeSchemas();
const bundled = [await bundleReport(), await bundleElfreeze(), await bundleLab()];
writeFileSync(join(NEW, 'THIRD-PARTY-LICENSES.txt'), licences(bundled));
writeFileSync(stampIn(NEW), before);
replace(join(ROOT, 'dist'));

function compileLibrary() {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', NEW], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) fail('tsc found errors');
}

/** JSON Schemas, for readers in other languages. */
async function writeSchemas() {
  const { snapshotJsonSchema } = await import(join(NEW, 'src/snapshot/schema/schema.js'));
  const { runJsonSchema } = await importTypeScript('lab/report/record.ts');
  for (const [name, schema] of Object.entries({ snapshot: snapshotJsonSchema(), 'lab-run': runJsonSchema() }))
    writeFileSync(join(NEW, `${name}.schema.json`), `${JSON.stringify(schema, null, 2)}\n`);
}

/** A module outside of the library, which Node 20 cannot import as it is. */
async function importTypeScript(entry) {
  const { build } = await import('esbuild');
  const outfile = join(NEW, 'imported.mjs');
  await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
  });
  const module = await import(outfile);
  rmSync(outfile);
  return module;
}

/** The page of the lab's report: one file with its style and script inside. The lab puts a run into it. */
async function bundleReport() {
  const { build } = await import('esbuild');
  const page = (name) => join(ROOT, 'lab/report/page', name);
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [page('main.tsx'), page('page.css')],
    outdir: NEW,
    write: false,
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['chrome111', 'firefox113', 'safari16.4'],
    metafile: true,
    logLevel: 'warning',
  });
  const made = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text.trim();
  // Functions, as replacements given as text have patterns of their own.
  const html = readFileSync(page('page.html'), 'utf8')
    .replace('/*STYLE*/', () => made('.css'))
    .replace('/*SCRIPT*/', () => made('.js').replaceAll('</script', String.raw`<\/script`));
  writeFileSync(join(NEW, 'lab-report.html'), html);
  return metafile;
}

/** CommonJS, one file for the command line and one for each command: Node loads them in half the time that modules in chunks take. */
async function bundleElfreeze() {
  const { build } = await import('esbuild');
  const names = new Map(Object.entries(ELFREEZE).map(([name, entry]) => [join(ROOT, entry), name]));
  const apart = {
    name: 'apart',
    setup: ({ onResolve }) =>
      onResolve({ filter: /\.ts$/ }, ({ kind, path, resolveDir }) => {
        const name = kind === 'entry-point' ? undefined : names.get(join(resolveDir, path));
        return name === undefined ? undefined : { path: `./${name}.cjs`, external: true };
      }),
  };
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ELFREEZE,
    outdir: join(NEW, 'elfreeze'),
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: NODE,
    supported: { 'dynamic-import': false }, // require instead
    plugins: [apart],
    external: ['koffi'], // it finds its binary beside itself
    metafile: true,
    logLevel: 'warning',
  });
  return metafile;
}

/** One file each, what is imported lazily in chunks beside them. */
async function bundleLab() {
  const { build } = await import('esbuild');
  const { peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: LAB,
    outdir: NEW,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: NODE,
    // koffi finds its binary beside itself; ssh2 does without its own. Optional peers are the lab's, installed by who wants them.
    external: ['koffi', '*.node', 'cpu-features', ...Object.keys(peerDependencies ?? {})],
    // Bundled CommonJS packages call require for Node's own modules, and look for what lies beside them.
    banner: {
      js: "import { createRequire as createRequire_ } from 'node:module';\nconst require = createRequire_(import.meta.url);\nconst __dirname = import.meta.dirname;",
    },
    metafile: true,
    logLevel: 'warning',
  });
  return metafile;
}

/** The licence texts of the packages inside the bundles. */
function licences(metafiles) {
  const inputs = Object.keys(Object.assign({}, ...metafiles.map((metafile) => metafile.inputs))).map(
    (path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1],
  );
  const names = [...new Set(inputs.filter((name) => name !== undefined))].sort();
  return names
    .map((name) => {
      const folder = join(ROOT, 'node_modules', name);
      const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
      return `${name} ${version} (${license})\n\n${file === undefined ? '' : readFileSync(join(folder, file), 'utf8')}`;
    })
    .join(`\n${'-'.repeat(80)}\n`);
}

/** Puts the new build where the old one was; a reader sees one or the other. */
function replace(dist) {
  const old = `${NEW}-old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(NEW, dist);
  rmSync(old, { recursive: true, force: true });
}
