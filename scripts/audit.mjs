// Checks the installed packages against the registry's security advisories and writes an SBOM (CycloneDX) to
// dist/sbom.json. Exit code: 0 no advisory above `low`, 1 an advisory of at least `moderate` in a package needed at run
// time, 2 the registry did not answer.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = [root, join(root, 'demo')];

const sbom = writeSbom();
console.log(
  `${sbom.components.length} packages that run are listed in dist/sbom.json (CycloneDX ${sbom.specVersion}).`,
);
const results = folders.map(advisoriesOf);
const unanswered = results.find(({ refusal }) => refusal !== undefined);
if (unanswered) {
  console.error(
    `Advisories were NOT checked: the registry gave none (${unanswered.refusal}).\n  Run this where ` +
      `npm's audit endpoint answers; npm config get registry says which registry is asked.`,
  );
  process.exitCode = 2;
} else {
  const found = results.flatMap(({ packages }) => packages);
  for (const { name, severity, titles } of found) console.error(`${severity}: ${name}: ${titles.join('; ')}`);
  console.log(
    found.length === 0
      ? 'No package that runs has a known advisory.'
      : `${found.length} packages that run have advisories.`,
  );
  process.exitCode = found.some(({ severity }) => severity !== 'low' && severity !== 'info') ? 1 : 0;
}

function writeSbom() {
  const { stdout, stderr, status } = npm(['sbom', '--sbom-format=cyclonedx'], root);
  if (status !== 0) throw new Error(`npm sbom failed: ${stderr}`);
  const document = JSON.parse(stdout);
  // npm's own --omit=dev would also leave out packages needed at run time if a development package needs them too.
  document.components = document.components.filter(
    ({ properties = [] }) => !properties.some(({ name }) => name === 'cdx:npm:package:development'),
  );
  const kept = new Set([
    document.metadata.component['bom-ref'],
    ...document.components.map((component) => component['bom-ref']),
  ]);
  document.dependencies = document.dependencies.flatMap(({ ref, dependsOn }) =>
    kept.has(ref) ? [{ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) }] : [],
  );
  // npm names the project after its folder.
  document.metadata.component.name = 'tandem';
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(join(root, 'dist', 'sbom.json'), `${JSON.stringify(document, null, 2)}\n`);
  return document;
}

function advisoriesOf(folder) {
  const { stdout, stderr } = npm(['audit', '--omit=dev', '--json'], folder);
  try {
    const { vulnerabilities, message, error } = JSON.parse(stdout);
    if (!vulnerabilities) return { refusal: message ?? error?.summary ?? 'no answer' };
    const packages = Object.values(vulnerabilities).map(({ name, severity, via }) => ({
      name,
      severity,
      titles: via.map((one) => one.title ?? `through ${one}`),
    }));
    return { packages };
  } catch {
    return { refusal: stderr.split('\n')[0] ?? 'no answer' };
  }
}

function npm(args, cwd) {
  return spawnSync('npm', args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 28, shell: process.platform === 'win32' });
}
