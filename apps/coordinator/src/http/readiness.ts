import { z } from 'zod';
import { withinTime } from '#protocol/time-limit.js';

const partSchema = z.strictObject({
  ok: z.boolean(),
  reason: z.string().describe('Why it is not, empty where it is.'),
});
/** Response of GET /health/ready. */
export const readinessSchema = z.strictObject({
  ready: z.boolean(),
  parts: z.record(z.string(), partSchema).exactOptional().describe('Told to who has the key, and on loopback to all.'),
});

export interface PartHealth {
  readonly ok: boolean;
  readonly reason: string;
  /** How long its probe took, up to the limit. */
  readonly probeMs: number;
}

export interface Readiness {
  /**
   * Probes every part. Calls that come during a probe, or within `keepMs` after it, get the same answer, so that no
   * caller can make the coordinator probe faster.
   */
  check(): Promise<Record<string, PartHealth>>;
}

export interface ReadinessLimits {
  /** A part is ready if its probe resolves within this time. */
  readonly limitMs: number;
  /** How long an answer is reused. */
  readonly keepMs: number;
  nowMs(): number;
}

export function openReadiness(
  probes: Readonly<Record<string, () => Promise<void>>>,
  { limitMs, keepMs, nowMs }: ReadinessLimits,
): Readiness {
  let asked: { readonly answer: Promise<Record<string, PartHealth>>; freshUntilMs: number } | undefined;
  async function ask(): Promise<Record<string, PartHealth>> {
    const answers = await Promise.all(
      Object.entries(probes).map(async ([name, probe]) => [name, await healthOf(probe, limitMs, nowMs)] as const),
    );
    return Object.fromEntries(answers);
  }
  return {
    check() {
      if (asked && nowMs() < asked.freshUntilMs) return asked.answer;
      const asking = { answer: ask(), freshUntilMs: Infinity };
      asked = asking;
      return asking.answer.finally(() => (asking.freshUntilMs = nowMs() + keepMs));
    },
  };
}

async function healthOf(probe: () => Promise<void>, limitMs: number, nowMs: () => number): Promise<PartHealth> {
  const startedMs = nowMs();
  try {
    await withinTime(probe(), limitMs, () => new Error(`no answer within ${limitMs} ms`));
    return { ok: true, reason: '', probeMs: nowMs() - startedMs };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, reason, probeMs: nowMs() - startedMs };
  }
}
