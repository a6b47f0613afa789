import { accuracyOf } from '#evaluate/accuracy.js';
import { fewShot } from '#evaluate/probe/few-shot.js';
import { linearProbe } from '#evaluate/probe/linear-probe.js';
import { openLogisticEngine, probeThreads } from '#evaluate/probe/logistic-engine.js';
import { drawnOrder, rowsOf, splitValidation } from '#evaluate/probe/sample-shots.js';
import { ErrorCode, toWireError } from '#protocol/tandem-error.js';
import { serveThread } from '#threads/thread-server.js';
import type { FewShotCall, LinearProbeCall, ProbeThreadCall, ProbeThreadResults } from './probe-message.js';

/* The thread that fits probes: L-BFGS and the scores of all test images take seconds to minutes. */

async function fitLinearProbe(call: LinearProbeCall): Promise<ProbeThreadResults['linear-probe']> {
  const { labels, metric, train, test, validation, validationShare, seed } = call;
  const engine = await openEngine(call, train.truths.length);
  const parts = validation ? { train, validation } : splitOf(call, seed, validationShare);
  const probe = await linearProbe(engine, { ...parts, test }, { labels, metric, refitsWithValidation: true });
  await engine.close();
  return { ...accuracyOf(probe.judged), lambda: probe.lambda, judged: probe.judged };
}

function splitOf(
  { train, labels }: LinearProbeCall,
  seed: number,
  share: number,
): Record<'train' | 'validation', ReturnType<typeof rowsOf>> {
  const split = splitValidation(drawnOrder(train.keys, train.truths, seed, labels.length), share);
  return { train: rowsOf(train, split.train), validation: rowsOf(train, split.validation) };
}

async function fitFewShot(call: FewShotCall): Promise<ProbeThreadResults['few-shot']> {
  const { labels, metric, train, test, shots } = call;
  const engine = await openEngine(call, shots.at(-1)! * labels.length);
  const seeds = Array.from({ length: call.seeds }, (_, index) => index + 1);
  const { points } = await fewShot(engine, { train, test }, { labels, metric, shots, seeds });
  await engine.close();
  return { points };
}

function openEngine(
  { labels, train, threads }: ProbeThreadCall,
  samples: number,
): ReturnType<typeof openLogisticEngine> {
  return openLogisticEngine(probeThreads({ n: samples, f: train.width, C: labels.length }, threads));
}

serveThread((call: ProbeThreadCall): Promise<ProbeThreadResults[ProbeThreadCall['kind']]> => {
  const fitted = call.kind === 'linear-probe' ? fitLinearProbe(call) : fitFewShot(call);
  return fitted.catch((error: unknown) => ({ failed: toWireError(error, ErrorCode.Internal) }));
});
