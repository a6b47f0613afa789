import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../support/source-files.js';

export interface Service {
  readonly image?: string;
  readonly build?: { readonly dockerfile: string; readonly target: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test?: readonly string[] };
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** deploy/compose.yml, with the values of deploy/example.env for its variables. */
export async function readCompose(): Promise<{ readonly file: ComposeFile; readonly undefinedVariables: string[] }> {
  const values = new Map(
    (await readFile(join(root, 'deploy/example.env'), 'utf8'))
      .split('\n')
      .filter((line) => /^\w+=/.test(line))
      .map((line) => line.split('=', 2) as [string, string]),
  );
  const undefinedVariables: string[] = [];
  const text = (await readFile(join(root, 'deploy/compose.yml'), 'utf8')).replaceAll(
    /\$\{(\w+)(?::[-?][^}]*)?\}/g,
    (_whole, name: string) => {
      if (!values.has(name)) undefinedVariables.push(name);
      return values.get(name) ?? '';
    },
  );
  return { file: parse(text, { merge: true }) as ComposeFile, undefinedVariables };
}

/** What a stage of deploy/docker/Dockerfile, and those it is made from, set: variables, command and health check. */
export async function readStage(stage: string): Promise<{
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
}> {
  const text = (await readFile(join(root, 'deploy/docker/Dockerfile'), 'utf8')).replaceAll('\\\n', ' ');
  const stages = text.split(/^(?=FROM )/m).filter((part) => part.startsWith('FROM '));
  const named = (name: string): string | undefined => stages.find((part) => part.includes(` AS ${name}\n`));
  const lines = (part: string): string[] => {
    const base = named(/^FROM (\S+)/.exec(part)![1]!);
    return [...(base === undefined ? [] : lines(base)), ...part.split('\n')];
  };
  const all = lines(named(stage)!);
  const list = (start: RegExp): string[] => {
    const found = all.filter((line) => start.test(line)).at(-1) ?? '[]';
    return JSON.parse(found.slice(found.indexOf('['))) as string[];
  };
  return {
    environment: Object.fromEntries(
      all
        .filter((line) => line.startsWith('ENV '))
        .flatMap((line) => line.slice(4).trim().split(/\s+/))
        .map((pair) => pair.split('=', 2) as [string, string]),
    ),
    command: list(/^CMD \[/),
    healthcheck: list(/^HEALTHCHECK .*CMD/),
  };
}
