import type { Value } from '../program/program.js';

/** Collects the lines of one kernel. */
export interface KernelWriter {
  /** The parameter through which a tensor is read or written. */
  parameter(value: Value): string;
  /** The tensors of the parameters, in their order. */
  readonly parameters: readonly Value[];
  line(text: string): void;
  /** A variable that holds an expression; one and the same for the same text in this block or one around it. */
  name(type: string, expression: string): string;
  /** Writes what `body` writes as a block after `head`, such as a loop. */
  block(head: string, body: () => void): void;
  readonly text: string;
}

export function openWriter(): KernelWriter {
  const parameters = new Map<Value, string>();
  const lines: string[] = [];
  const scopes = [new Map<string, string>()];
  let variables = 0;
  const line = (text: string): void => void lines.push('  '.repeat(scopes.length) + text);
  return {
    parameter(value) {
      const known = parameters.get(value);
      if (known !== undefined) return known;
      const name = `p${parameters.size}`;
      parameters.set(value, name);
      return name;
    },
    get parameters() {
      return [...parameters.keys()];
    },
    line,
    name(type, expression) {
      const key = `${type} ${expression}`;
      for (const scope of scopes) {
        const known = scope.get(key);
        if (known !== undefined) return known;
      }
      const variable = `v${variables++}`;
      line(`${type} ${variable} = ${expression};`);
      scopes.at(-1)!.set(key, variable);
      return variable;
    },
    block(head, body) {
      line(`${head} {`);
      scopes.push(new Map());
      body();
      scopes.pop();
      line('}');
    },
    get text() {
      return lines.join('\n');
    },
  };
}
