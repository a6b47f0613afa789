import type { paths } from '#protocol/api-types.js';
import { answerOf, api } from './http.js';

/** Ends a call that nobody waits for any more. */
type Signal = AbortSignal | null;

type Query<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Given } } }
  ? NonNullable<Given>
  : never;
type Form<Path extends keyof paths> = paths[Path] extends {
  post: { requestBody: { content: { 'multipart/form-data': infer Given } } };
}
  ? Given
  : never;
type FeaturesQuery = Query<'/v1/runs/{id}/features'>;
type Amendment = NonNullable<paths['/v1/runs/{id}/resume']['post']['requestBody']>['content']['application/json'];
export type PredictionForm = Form<'/v1/runs/{id}/predict'>;
export type SearchForm = Form<'/v1/runs/{id}/search'>;

// What TypeScript infers of each call is its answer by the API's description. Every call may throw an ApiError.

export const listRuns = (signal: Signal = null) =>
  answerOf(api.GET('/v1/runs', { params: { query: { limit: 200 } }, signal }));

export const getRun = (id: string, signal: Signal = null) => answerOf(api.GET('/v1/runs/{id}', { ...of(id), signal }));

// The description has 204 as well: that is for a stream.
export const getRunMetrics = async (id: string, query: Query<'/v1/runs/{id}/metrics'>, signal: Signal) =>
  (await answerOf(api.GET('/v1/runs/{id}/metrics', { params: { path: { id }, query }, signal })))!;

export const getRunEvents = (id: string, signal: Signal) =>
  answerOf(api.GET('/v1/runs/{id}/events', { ...of(id), signal }));

// The coordinator checks a document: no rule is written twice.
export const checkRun = (document: unknown) => answerOf(api.POST('/v1/runs/check', { body: document as never }));

export const submitRun = (document: unknown) => answerOf(api.POST('/v1/runs', { body: document as never }));

export const pauseRun = (id: string) => answerOf(api.POST('/v1/runs/{id}/pause', of(id)));

export const cancelRun = (id: string) => answerOf(api.POST('/v1/runs/{id}/cancel', of(id)));

export const resumeRun = (id: string, amendment: Amendment) =>
  answerOf(api.POST('/v1/runs/{id}/resume', { ...of(id), body: amendment }));

export const prioritizeRun = (id: string, priority: number) =>
  answerOf(api.POST('/v1/runs/{id}/priority', { ...of(id), body: { priority } }));

export const removeRun = (id: string) => answerOf(api.DELETE('/v1/runs/{id}', of(id)));

export const listCheckpoints = (id: string, signal: Signal) =>
  answerOf(api.GET('/v1/runs/{id}/checkpoints', { ...of(id), signal }));

export const predict = (id: string, form: PredictionForm) =>
  answerOf(api.POST('/v1/runs/{id}/predict', { ...of(id), body: form, bodySerializer: formOf }));

export const listDataSets = (id: string, signal: Signal) =>
  answerOf(api.GET('/v1/runs/{id}/data-sets', { ...of(id), signal }));

export const getFeaturesProgress = (id: string, query: FeaturesQuery, signal: Signal) =>
  answerOf(api.GET('/v1/runs/{id}/features', { params: { path: { id }, query }, signal }));

export const computeFeatures = (id: string, query: FeaturesQuery) =>
  answerOf(api.POST('/v1/runs/{id}/features', { params: { path: { id }, query } }));

export const searchImages = (id: string, form: SearchForm) =>
  answerOf(api.POST('/v1/runs/{id}/search', { ...of(id), body: form, bodySerializer: formOf }));

export const listWorkers = (signal: Signal) => answerOf(api.GET('/v1/workers', { signal }));

export const getSession = () => answerOf(api.GET('/session'));

export const openSession = (key: string) => answerOf(api.POST('/session', { body: { key } }));

export const closeSession = () => answerOf(api.DELETE('/session'));

function of(id: string): { readonly params: { readonly path: { readonly id: string } } } {
  return { params: { path: { id } } };
}

/** As a browser sends a form: a field for each value. */
function formOf(fields: PredictionForm | SearchForm): FormData {
  const form = new FormData();
  for (const [name, given] of Object.entries(fields))
    for (const value of Array.isArray(given) ? given : [given])
      form.append(name, value instanceof Blob ? value : String(value));
  return form;
}
