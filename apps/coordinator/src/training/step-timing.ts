/** Milliseconds each part of a step took, summed since it was last asked. */
export interface StepTiming<Part extends string> {
  readonly ms: Record<Part, number>;
  clear(): void;
}

type AsyncParts = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

/** The same parts, each booked: the step itself knows nothing of clocks. */
export function timed<Parts extends object>(parts: Parts, nowMs: () => number): { readonly parts: Parts; readonly timing: StepTiming<Extract<keyof Parts, string>> } {
  type Part = Extract<keyof Parts, string>;
  const names = Object.keys(parts) as Part[];
  const ms = Object.fromEntries(names.map((name) => [name, 0])) as Record<Part, number>;
  const booked = names.map((name) => {
    const part = (parts as unknown as AsyncParts)[name]!;
    return [
      name,
      async (...args: never[]) => {
        const started = nowMs();
        try {
          return await part(...args);
        } finally {
          ms[name] += nowMs() - started;
        }
      },
    ];
  });
  const clear = (): void => names.forEach((name) => (ms[name] = 0));
  return { parts: Object.fromEntries(booked) as Parts, timing: { ms, clear } };
}
