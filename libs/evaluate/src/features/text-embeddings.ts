import { canonicalJson, sha256 } from '#data/dataset/canonical-json.js';
import type { ClipModel } from '#inference/clip-model.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { decodeFloat32, encodeFloat32 } from '#store/safetensors/safetensors.js';
import type { Store } from '#store/store.js';

/**
 * The embeddings of texts [m, d], rows of unit length, computed once: they are stored under a hash of the model, its
 * tokenizer and the texts. A stored blob that cannot be read is computed again.
 */
export async function textEmbeddings(
  model: Pick<ClipModel, 'version' | 'tokenizer' | 'config' | 'embedTexts'>,
  texts: readonly string[],
  store: Store,
): Promise<Float32Array> {
  const key = `texts/${sha256(canonicalJson([model.version, model.tokenizer.hash, [...texts]]))}.safetensors`;
  const shape = [texts.length, model.config.embed_dim];
  const found = await stored(store, key, shape);
  if (found) return found;
  const data = await model.embedTexts(texts);
  await store.put(key, encodeFloat32({ embeddings: { shape, data } }));
  return data;
}

async function stored(store: Store, key: string, shape: readonly number[]): Promise<Float32Array | undefined> {
  try {
    const tensor = decodeFloat32(await store.get(key))['embeddings'];
    return tensor?.shape.join() === shape.join() ? tensor.data : undefined;
  } catch (thrown) {
    if (thrown instanceof TandemError && (thrown.code === ErrorCode.NotFound || thrown.code === ErrorCode.DataInvalid))
      return undefined;
    throw thrown;
  }
}
