/** What of a data set decides how well a model learns from it. */
export interface TrainingFacts {
  readonly pairs: number;
  /** Captions that a model can tell apart. */
  readonly distinctCaptions: number;
  /** Share of captions that are longer than the context; undefined if nobody looked. */
  readonly longShare?: number | undefined;
  /** Median of the images' shorter sides, in pixels; undefined if nobody looked. */
  readonly medianSide?: number | undefined;
}

/** The run that is to learn from it. What is left out is not known yet. */
export interface TrainingPlan {
  readonly batch?: number;
  readonly steps?: number;
  /** Are pairs with the same caption kept from being negatives of each other? */
  readonly isCaptionMasked?: boolean;
  readonly contextLength: number;
  /** Side of the images that the model reads, in pixels. */
  readonly imageSide: number;
}

/** What trains badly, in sentences with what to do. Empty if nothing does. */
export function trainingAdvice(facts: TrainingFacts, plan: TrainingPlan): string[] {
  return [fewPairs, fewSteps, fewCaptions, longCaptions, smallImages]
    .map((look) => look(facts, plan))
    .filter((sentence) => sentence !== undefined);
}

/** Fewer pairs than any batch that people train CLIP with. */
const fewPairsMax = 256;

function fewPairs({ pairs }: TrainingFacts, { batch }: TrainingPlan): string | undefined {
  if (batch === undefined)
    return pairs < fewPairsMax
      ? `Only ${pairs} pair${pairs === 1 ? '' : 's'}: a batch cannot be larger, and a model learns them by heart.`
      : undefined;
  if (pairs < batch)
    return `Fewer pairs (${pairs}) than a batch (${batch}): it holds some several times; a smaller one does as much.`;
  return 2 * batch > pairs
    ? `A batch holds ${Math.round((100 * batch) / pairs)} % of all pairs: ${(pairs / batch).toFixed(1)} steps see each.`
    : undefined;
}

function fewSteps({ pairs }: TrainingFacts, { batch, steps }: TrainingPlan): string | undefined {
  if (batch === undefined || steps === undefined || batch * steps >= pairs) return undefined;
  return `The run ends before it has seen every pair: ${batch * steps} of ${pairs}.`;
}

/** From this many pairs of a batch to a caption on, the loss shows it. */
const sharersMin = 1.5;
/** The same where the batch is not known. */
const pairsPerCaptionMin = 4;

function fewCaptions({ pairs, distinctCaptions }: TrainingFacts, plan: TrainingPlan): string | undefined {
  const { batch, isCaptionMasked = false } = plan;
  const start = `Only ${distinctCaptions} different captions for ${pairs} pairs: `;
  if (batch === undefined) {
    if (pairs < pairsPerCaptionMin * distinctCaptions) return undefined;
    return (
      `${start}in a batch of N about N / ${distinctCaptions} pairs have the same one, and the loss stays near the ` +
      'logarithm of that; say loss.maskSameCaption: true in the run document, or write captions that differ.'
    );
  }
  const sharers = batch / distinctCaptions;
  if (isCaptionMasked || sharers < sharersMin) return undefined;
  return (
    `${start}in a batch of ${batch} about ${sharers.toFixed(1)} have the same one, and the loss stays near ` +
    `ln ${sharers.toFixed(1)} = ${Math.log(sharers).toFixed(2)}; say loss.maskSameCaption: true, or write captions ` +
    'that differ.'
  );
}

function longCaptions({ longShare = 0 }: TrainingFacts, { contextLength }: TrainingPlan): string | undefined {
  return longShare > 0.5
    ? `${Math.round(longShare * 100)} % of the captions have more than ${contextLength} tokens: the rest is not read.`
    : undefined;
}

function smallImages({ medianSide }: TrainingFacts, { batch, imageSide }: TrainingPlan): string | undefined {
  if (medianSide === undefined || medianSide * 2 > imageSide) return undefined;
  const model = batch === undefined ? 'most models read' : 'the model reads';
  return `Half of the images have a shorter side of ${medianSide} pixels or less; ${model} ${imageSide}.`;
}
