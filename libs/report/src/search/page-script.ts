import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/**
 * A compiled module and all that it imports, as one script that needs nothing else. Each module comes once, after those
 * it imports. They share one scope, so no two may declare the same name, and they may import each other only by the
 * names that are exported. `start` is the code that runs last. Throws where a module does something else.
 */
export function joinedScript(module: URL, start: string): string {
  const joined = new Map<string, string>();
  join(module, joined);
  checkNames([...joined.values()].join(''));
  return `(() => {\n'use strict';\n${[...joined.values()].join('')}${start}\n})();\n`;
}

const importLine = /^import \{[^}]*\} from '([^']+)';\n/gm;

function join(module: URL, joined: Map<string, string>): void {
  if (joined.has(module.href)) return;
  const compiled = readFileSync(module, 'utf8');
  const { resolve } = createRequire(module);
  for (const [, imported] of compiled.matchAll(importLine)) join(pathToFileURL(resolve(imported!)), joined);
  const body = compiled
    .replace(importLine, '')
    .replace(/^export (?=(const|function)\b)/gm, '')
    .replace(/^\/\/# sourceMappingURL=.*\n?/m, '');
  if (/^(import|export)\b|<\/?script/m.test(body))
    throw new Error(`${module.pathname}: expected imports and exports by name only, and no script tag`);
  joined.set(module.href, body);
}

/** A second function of a name would take the place of the first, without an error. */
function checkNames(script: string): void {
  const names = [...script.matchAll(/^(?:const|function\*?) (\w+)/gm)].map(([, name]) => name!);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`page script: expected names that differ, got ${twice} in two modules`);
}
