export interface PartHealth {
  readonly ok: boolean;
  readonly reason: string;
}

export interface Readiness {
  /** Ask every part. Calls that come while it asks get the same answer: nobody can make the coordinator probe faster. */
  check(): Promise<Record<string, PartHealth>>;
}

/** A part is ready where its probe resolves within `limitMs`. */
export function openReadiness(probes: Readonly<Record<string, () => Promise<void>>>, limitMs = 3000): Readiness {
  let asking: Promise<Record<string, PartHealth>> | undefined;
  async function ask(): Promise<Record<string, PartHealth>> {
    const answers = await Promise.all(Object.entries(probes).map(async ([name, probe]) => [name, await healthOf(probe, limitMs)] as const));
    return Object.fromEntries(answers);
  }
  return {
    check() {
      asking ??= ask().finally(() => (asking = undefined));
      return asking;
    },
  };
}

async function healthOf(probe: () => Promise<void>, limitMs: number): Promise<PartHealth> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<PartHealth>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, reason: `no answer within ${limitMs} ms` }), limitMs);
  });
  const asked = probe().then(
    () => ({ ok: true, reason: '' }),
    (error: unknown) => ({ ok: false, reason: error instanceof Error ? error.message : String(error) }),
  );
  const health = await Promise.race([asked, late]);
  clearTimeout(timer);
  return health;
}
