import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
  type OnModuleDestroy,
} from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { modelZoo } from '#model/zoo/presets.js';
import { amendmentSchema, parseAmendment, parsePriorityChange, priorityChangeSchema } from '#protocol/run/amendment.js';
import { parseRunDocument, runDocumentSchema } from '#protocol/document/run-document.js';
import { runListSchema, type MetricsPage, type RunStatus, type RunSummary } from '#protocol/run/run-status.js';
import { eventLogSchema, type LoggedEvent } from '#protocol/history/event-log.js';
import { shownJson } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { checkedDocumentSchema, documentedStatusSchema } from '../http/document/run-schemas.js';
import { pathOf } from '../http/access.js';
import { ApiEventStream, ApiFile, ApiRefusal, Scoped, Takes } from '../http/open-api.js';
import { darkPalette, lightPalette } from '#report/palette.js';
import { queryPipe } from '../http/query.pipe.js';
import { registryToken } from '../parts.js';
import { evaluationPicture } from './history/evaluation-picture.js';
import { openMetricsStreams, type MetricsStreams } from './history/metrics-stream.js';
import { withAbsolutePlaces } from './checks/absolute-places.js';
import type { RunRegistry } from './run-registry.js';

const listQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('Runs at most.'),
  after: z.string().max(1000).optional().describe('What `next` of the page before is; the newest runs if left out.'),
});
const metricsQuerySchema = z.strictObject({
  from: z.coerce.number().int().min(0).default(0).describe('First step wanted.'),
  to: z.coerce.number().int().min(0).exactOptional().describe('Last step wanted; the newest if left out.'),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(10_000)
    .describe('Steps at most; `next` of the answer goes on from there.'),
  points: z.coerce
    .number()
    .int()
    .min(4)
    .max(10_000)
    .exactOptional()
    .describe(
      'In place of `limit`: all steps wanted, thinned to at most so many, as charts need them. These are the first, ' +
        'the last, and of equal parts of the rest the steps of the lowest and of the highest loss.',
    ),
  follow: z
    .enum(['0', '1'])
    .default('0')
    .describe('1 streams server-sent events until the run ends, as does accept: text/event-stream.'),
});

const pictureQuerySchema = z.strictObject({
  name: z.string().max(200).describe('The name of the evaluation.'),
  step: z.coerce.number().int().min(0).describe('The step after which it was done.'),
  theme: z.enum(['light', 'dark']).default('light').describe('The colours.'),
});

const locationHeader = {
  description: 'Where to ask for the run: relative to the address of this call, such as `runs/ID`.',
  schema: { type: 'string' as const, format: 'uri-reference' },
};

@ApiTags('runs')
@Scoped('read')
@Controller('v1/runs')
export class RunsController implements OnModuleDestroy {
  private readonly streams: MetricsStreams;

  constructor(@Inject(registryToken) private readonly registry: RunRegistry) {
    this.streams = openMetricsStreams(registry);
  }

  @Post()
  @Scoped('submit')
  @Takes('application/json')
  @ApiOperation({
    summary: 'Submit a run document. Runs start by priority, then in the order they came, and share the pool.',
    description: 'Places are absolute paths of the machine of the coordinator, or URLs.',
  })
  @ApiResponse({ status: 201, standardSchema: documentedStatusSchema, headers: { location: locationHeader } })
  @ApiHeader({
    name: 'idempotency-key',
    required: false,
    description:
      'Calls with the same key and document are one run, however often and how fast they come: an id ' +
      'of 1 to 200 printable characters.',
  })
  @ApiRefusal(409, 'Too many runs wait, or the idempotency key is that of another document.')
  async submitRun(
    @Body({ schema: runDocumentSchema }) document: unknown,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<RunStatus> {
    if (document === undefined) throw notJson();
    if (idempotencyKey !== undefined && !/^[\x21-\x7e]{1,200}$/.test(idempotencyKey)) throw noKey(idempotencyKey);
    const config = withAbsolutePlaces(parseRunDocument(document, modelZoo));
    const run = await this.registry.submit(config, idempotencyKey);
    // Relative to the address of this call, so that it is right below a path of a proxy.
    response.setHeader('location', pathOf(request).endsWith('/') ? run.id : `runs/${run.id}`);
    return run;
  }

  @Post('check')
  @Scoped('submit')
  @Takes('application/json')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Check a run document without submitting it.',
    description:
      'The answer is the document with its defaults. That its data sets can be read, and that its store has room, ' +
      'only a run that is submitted shows.',
  })
  @ApiResponse({ status: 200, standardSchema: checkedDocumentSchema })
  async checkRun(@Body({ schema: runDocumentSchema }) document: unknown): Promise<{ readonly config: unknown }> {
    if (document === undefined) throw notJson();
    const config = withAbsolutePlaces(parseRunDocument(document, modelZoo));
    await this.registry.check(config);
    return { config };
  }

  @Get()
  @ApiOperation({ summary: 'Runs, the newest first.' })
  @ApiResponse({ status: 200, standardSchema: runListSchema })
  listRuns(@Query({ schema: listQuerySchema, pipes: [queryPipe] }) query: z.output<typeof listQuerySchema>): {
    readonly runs: RunSummary[];
    readonly next: string | null;
  } {
    return this.registry.list(query.limit, query.after);
  }

  @Get(':id')
  @ApiOperation({ summary: 'State, progress and results of a run, with its resolved document.' })
  @ApiResponse({ status: 200, standardSchema: documentedStatusSchema })
  @ApiRefusal(404, 'No such run.')
  getRun(@Param('id') id: string): RunStatus {
    return this.registry.find(id);
  }

  @Get(':id/metrics')
  @ApiOperation({
    summary: 'Metrics of the committed steps.',
    description:
      'As events: `step` with the metrics of a step and its number as id, `status` with the run ' +
      'whenever anything else changes. A client that comes back with last-event-id misses nothing. The last event of ' +
      'a run that has ended has an id too: who comes back with it gets 204, after which an EventSource stays away.',
  })
  @ApiHeader({ name: 'last-event-id', required: false, description: 'The id of the last event that was seen.' })
  @ApiResponse({ status: 204, description: 'The run has ended, and its last event was seen.' })
  @ApiEventStream('The steps, as a page or as events.', 'MetricsPage', 'StreamEvent')
  @ApiRefusal(404, 'No such run.')
  async getRunMetrics(
    @Param('id') id: string,
    @Query({ schema: metricsQuerySchema, pipes: [queryPipe] }) query: z.output<typeof metricsQuerySchema>,
    @Req() request: IncomingMessage,
    @Res() response: ServerResponse,
  ): Promise<void> {
    if (query.follow === '1' || request.headers.accept?.includes('text/event-stream')) {
      await this.streams.open(id, query.from, request, response);
      return;
    }
    const { from, to, limit, points } = query;
    const range = points === undefined ? { from, to, limit } : { from, to, points };
    const page: MetricsPage = await this.registry.metrics(id, range);
    response.setHeader('content-type', 'application/json; charset=utf-8');
    response.end(JSON.stringify(page));
  }

  @Get(':id/evaluations/picture')
  @ApiOperation({
    summary: 'The picture of an evaluation: the confusion matrix of its classes, or a few-shot curve.',
  })
  @ApiFile('image/svg+xml', 'The picture.')
  @ApiRefusal(404, 'No such run or evaluation, or it has no picture.')
  async drawEvaluation(
    @Param('id') id: string,
    @Query({ schema: pictureQuerySchema, pipes: [queryPipe] }) { theme, ...asked }: z.output<typeof pictureQuerySchema>,
    @Res() response: ServerResponse,
  ): Promise<void> {
    const palette = theme === 'dark' ? darkPalette : lightPalette;
    const svg = await evaluationPicture(this.registry.find(id), this.registry.storeOf(id), asked, palette);
    response.setHeader('content-type', 'image/svg+xml; charset=utf-8');
    response.end(svg);
  }

  @Get(':id/events')
  @ApiOperation({
    summary: 'What has happened to a run and why, its steps left out, the newest at the end.',
    description: 'The newest 500. They are kept with the run, also after its end and when the coordinator restarts.',
  })
  @ApiResponse({ status: 200, standardSchema: eventLogSchema })
  @ApiRefusal(404, 'No such run.')
  async getRunEvents(@Param('id') id: string): Promise<{ readonly events: readonly LoggedEvent[] }> {
    return { events: await this.registry.events(id) };
  }

  @Post(':id/cancel')
  @Scoped('submit')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Stop a run. One that trains ends after the step in progress, with a checkpoint; asked again, at once.',
  })
  @ApiResponse({ status: 200, standardSchema: documentedStatusSchema })
  @ApiRefusal(404, 'No such run.')
  @ApiRefusal(409, 'The run has completed or failed.')
  cancelRun(@Param('id') id: string): RunStatus {
    return this.registry.cancel(id);
  }

  @Post(':id/pause')
  @Scoped('submit')
  @HttpCode(200)
  @ApiOperation({ summary: 'Stop a run after the step in progress, with a checkpoint, to be resumed.' })
  @ApiResponse({ status: 200, standardSchema: documentedStatusSchema })
  @ApiRefusal(404, 'No such run.')
  @ApiRefusal(409, 'The run has ended.')
  pauseRun(@Param('id') id: string): RunStatus {
    return this.registry.pause(id);
  }

  @Post(':id/resume')
  @Scoped('submit')
  @Takes('application/json', 'optional')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Let a run go on that is paused or has ended, after its last committed step.',
    description:
      'The body may change what no past step depended on: `steps`, `evaluation`, `checkpoint` and `limits`. A run ' +
      'that has completed goes on if it gets more steps or evaluations.',
  })
  @ApiResponse({ status: 200, standardSchema: documentedStatusSchema })
  @ApiRefusal(404, 'No such run.')
  @ApiRefusal(409, 'The run is under way, or has nothing left to do.')
  @ApiRefusal(422, 'The body changes what past steps depended on.')
  resumeRun(@Param('id') id: string, @Body({ schema: amendmentSchema }) body: unknown): RunStatus {
    return this.registry.resume(id, withAbsolutePlaces(parseAmendment(body ?? {})));
  }

  @Post(':id/priority')
  @Scoped('submit')
  @Takes('application/json')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Give a run another priority, also while it trains.',
    description: 'Of the runs that share the pool, those of the highest priority start and get workers first.',
  })
  @ApiResponse({ status: 200, standardSchema: documentedStatusSchema })
  @ApiRefusal(404, 'No such run.')
  @ApiRefusal(409, 'The run has ended.')
  prioritizeRun(@Param('id') id: string, @Body({ schema: priorityChangeSchema }) body: unknown): RunStatus {
    return this.registry.prioritize(id, parsePriorityChange(body).priority);
  }

  @Delete(':id')
  @Scoped('admin')
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a run that has ended or is paused, with its checkpoints.' })
  @ApiResponse({ status: 204, description: 'It is removed.' })
  @ApiRefusal(404, 'No such run.')
  @ApiRefusal(409, 'The run is queued or under way.')
  removeRun(@Param('id') id: string): Promise<void> {
    return this.registry.remove(id);
  }

  onModuleDestroy(): void {
    this.streams.close();
  }
}

function noKey(given: string): TandemError {
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Idempotency-Key: expected 1 to 200 printable ASCII characters without spaces, got ${shownJson(given)}`,
    help: 'A UUID made for this run will do.',
  });
}

function notJson(): TandemError {
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: 'Run document: expected a JSON body with content-type: application/json, got none',
    help: 'Send the run document as JSON; `tandem submit` reads YAML and sends JSON.',
  });
}
