import { Controller, Get } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Unscoped } from './open-api.js';

/** GET /: says what this server is and lists its endpoints. */
@ApiExcludeController()
@Unscoped()
@Controller()
export class RootController {
  @Get()
  root(): { readonly name: string; readonly about: string; readonly endpoints: Readonly<Record<string, string>> } {
    return { name: 'tandem', about: 'The coordinator of Tandem: trains CLIP on a pool of workers.', endpoints };
  }
}

const endpoints = {
  'POST /v1/runs': 'Submit a run document.',
  'POST /v1/runs/check': 'Check a run document.',
  'GET /v1/runs': 'Runs, the newest first, page by page.',
  'GET /v1/runs/:id': 'State, progress and results of a run.',
  'GET /v1/runs/:id/metrics': 'Metrics of its steps; ?follow=1 streams them as they come.',
  'POST /v1/runs/:id/pause': 'Stop it, to be resumed.',
  'POST /v1/runs/:id/resume': 'Let it go on.',
  'POST /v1/runs/:id/priority': 'Give it another priority.',
  'POST /v1/runs/:id/cancel': 'Stop it.',
  'GET /v1/runs/:id/evaluations/picture': 'The confusion matrix or few-shot curve of an evaluation.',
  'GET /v1/runs/:id/events': 'What has happened to it, and why.',
  'GET /v1/runs/:id/checkpoints': 'Its checkpoints.',
  'GET /v1/runs/:id/checkpoints/:name/files/:file': 'A file of a checkpoint.',
  'GET /v1/runs/:id/checkpoints/:name/export': 'A checkpoint as ONNX files, in a tar.',
  'POST /v1/runs/:id/predict': 'The probability of each label for an image.',
  'GET /v1/runs/:id/data-sets': 'The data sets that it names.',
  'POST /v1/runs/:id/features': 'Compute the features of a data set, so that it can be searched.',
  'GET /v1/runs/:id/features': 'How many of them are computed.',
  'POST /v1/runs/:id/search': 'The images of a data set nearest to a text or an image.',
  'GET /v1/runs/:id/picture': 'A small image of a data set.',
  'DELETE /v1/runs/:id': 'Remove it, with its checkpoints.',
  'GET /v1/workers': 'The pool.',
  'GET /v1/keys': 'The keys of the API.',
  'POST /v1/keys': 'Make one.',
  'DELETE /v1/keys/:id': 'Revoke one.',
  'GET /v1/audit': 'Who changed what.',
  'GET /session': 'What the caller may do.',
  'POST /session': 'Log in: a key becomes a cookie.',
  'DELETE /session': 'Log out.',
  'GET /v1/pool/key': 'The key with which a worker signs its messages.',
  'GET /metrics': 'Numbers for Prometheus.',
  'GET /health/live': 'The process answers.',
  'GET /health/ready': 'Redis and the store can be used.',
  'GET /docs': 'This API, described; /docs-json for programs.',
};
