import { openDataset, type Dataset } from '#data/dataset/dataset.js';
import type { FeaturesTask } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openStore, type StoreAccess } from '#store/open-store.js';

/** The data set that was evaluated last, kept open for the next task. */
export interface EvaluationData {
  /** Throws DATA_INVALID if another data set is there than the coordinator sees. */
  open(task: Pick<FeaturesTask, 'data' | 'dataHash'>): Promise<Dataset>;
  close(): Promise<void>;
}

export function openEvaluationData(access: StoreAccess): EvaluationData {
  let held: { readonly url: string; readonly dataset: Dataset; close(): Promise<void> } | undefined;
  const close = async (): Promise<void> => {
    const last = held;
    held = undefined;
    await last?.close();
  };
  return {
    async open({ data: url, dataHash }) {
      if (held?.url === url && held.dataset.hash === dataHash) return held.dataset;
      await close();
      const store = openStore(url, access);
      held = { url, dataset: await openDataset(store), close: () => store.close() };
      if (held.dataset.hash === dataHash) return held.dataset;
      throw new TandemError({
        code: ErrorCode.DataInvalid,
        message:
          `Evaluation: expected the data set that the coordinator sees at ${url}, with hash ${dataHash}, got ` +
          `${held.dataset.hash}.`,
        help: 'See that the path means the same data set on every machine.',
      });
    },
    close,
  };
}
