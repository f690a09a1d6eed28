// Prints the folder table of oxlint.config.mjs as it stands in CONTRIBUTING.md.
import { FOLDERS } from '../../oxlint.config.mjs';

const ALL_OF_SRC = Object.keys(FOLDERS).filter((folder) => folder.startsWith('src/'));

process.stdout.write('| Folder | Duty | May import |\n| --- | --- | --- |\n');
for (const [folder, { duty, folders, node, packages }] of Object.entries(FOLDERS)) {
  const all = ALL_OF_SRC.every((each) => each === folder || folders.includes(each));
  const allowed = [
    ...(all ? ['all of `src`'] : folders.map(code)),
    ...(node ? ['`node:`'] : []),
    ...packages.map(code),
  ];
  process.stdout.write(`| \`${folder}\` | ${duty} | ${allowed.join(' ') || 'nothing'} |\n`);
}

function code(name) {
  return `\`${name.replace(/^src\//, '')}\``;
}
