import type { ServerResponse } from 'node:http';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Res,
  UploadedFile,
  UseInterceptors,
} from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { onnxTypes } from '#inference/export/transformers-config.js';
import {
  checkpointListSchema,
  predictionSchema,
  type CheckpointList,
  type Prediction,
} from '#protocol/history/checkpoint-list.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { runKeys } from '#store/run/keys.js';
import { ApiFile, ApiRefusal, Scoped, Takes } from '../../http/open-api.js';
import { queryPipe } from '../../http/query.pipe.js';
import { modelsToken, registryToken } from '../../parts.js';
import type { RunRegistry } from '../run-registry.js';
import { answerBlob, answerTar } from './checkpoint-answer.js';
import type { Models } from './models.js';
import { formLimits, predictRequest } from './predict-request.js';
import { findCheckpoint, listCheckpoints, placeOfCheckpoint } from './run-checkpoints.js';

const exportQuerySchema = z.strictObject({
  type: z.enum(onnxTypes).default('float32').describe('What the parameters are stored as.'),
});

@ApiTags('checkpoints')
@Scoped('read')
@Controller('v1/runs/:id')
export class CheckpointsController {
  constructor(
    @Inject(registryToken) private readonly registry: Pick<RunRegistry, 'storeOf'>,
    @Inject(modelsToken) private readonly models: Models,
  ) {}

  @Get('checkpoints')
  @ApiOperation({ summary: 'The complete checkpoints of a run, the newest first.' })
  @ApiResponse({ status: 200, standardSchema: checkpointListSchema })
  @ApiRefusal(404, 'No such run.')
  async listCheckpoints(@Param('id') id: string): Promise<CheckpointList> {
    return { checkpoints: await listCheckpoints(this.registry.storeOf(id), id) };
  }

  @Get('checkpoints/:name/export')
  @ApiOperation({ summary: 'A checkpoint as ONNX files in the folders of transformers.js, in a tar.' })
  @ApiFile('application/octet-stream', 'The tar.')
  @ApiRefusal(404, 'No such run or checkpoint.')
  @ApiRefusal(409, 'The free memory cannot hold one more model.')
  @ApiRefusal(429, 'Too many calls at once that use a checkpoint.')
  async exportCheckpoint(
    @Param('id') id: string,
    @Param('name') name: string,
    @Query({ schema: exportQuerySchema, pipes: [queryPipe] }) { type }: z.output<typeof exportQuerySchema>,
    @Res() response: ServerResponse,
  ): Promise<void> {
    const checkpoint = placeOfCheckpoint(await findCheckpoint(this.registry.storeOf(id), id, name));
    await this.models.exported({ checkpoint, type }, (folder, files) =>
      answerTar(response, folder, { files, name: `${id}-${name}-onnx.tar` }),
    );
  }

  @Get('checkpoints/:name/files/:file')
  @ApiOperation({ summary: 'A file of a checkpoint, such as parameters.safetensors.' })
  @ApiFile('application/octet-stream', 'The file.')
  @ApiRefusal(404, 'No such run, checkpoint or file.')
  async getCheckpointFile(
    @Param('id') id: string,
    @Param('name') name: string,
    @Param('file') file: string,
    @Res() response: ServerResponse,
  ): Promise<void> {
    const store = this.registry.storeOf(id);
    const { files } = await findCheckpoint(store, id, name);
    const found = files.find((one) => one.name === file);
    if (!found) throw noFile(id, name, file);
    const key = `${runKeys(id).checkpoints}/${name}/${file}`;
    await answerBlob(response, store, { key, bytes: found.bytes, name: `${id}-${name}-${file}` });
  }

  @Post('predict')
  @HttpCode(200)
  @UseInterceptors(FileInterceptor('image', { limits: formLimits }))
  @ApiOperation({
    summary: 'The probability of each label for an image, by a checkpoint of a run.',
    description:
      'A form: the file `image`, `label` once for each label, and, if you like, `template` and `checkpoint`.',
  })
  @Takes('multipart/form-data')
  @ApiBody({
    schema: {
      type: 'object',
      required: ['image', 'label'],
      properties: {
        image: { type: 'string', format: 'binary', description: 'An image file, of at most 16 MiB.' },
        label: { type: 'array', items: { type: 'string' }, description: 'At most 200.' },
        template: { type: 'array', items: { type: 'string' }, description: 'Prompts with {} where the label goes.' },
        checkpoint: { type: 'string', description: 'The name of a checkpoint; the newest if left out.' },
      },
    },
  })
  @ApiResponse({ status: 200, standardSchema: predictionSchema })
  @ApiRefusal(404, 'No such run, or it has no checkpoint.')
  @ApiRefusal(409, 'The free memory cannot hold one more model.')
  @ApiRefusal(422, 'The image cannot be read, or the form has problems; all are listed.')
  @ApiRefusal(429, 'Too many calls at once that use a checkpoint.')
  async predict(
    @Param('id') id: string,
    @Body() fields: unknown,
    @UploadedFile() file?: { readonly buffer: Uint8Array },
  ): Promise<Prediction> {
    const store = this.registry.storeOf(id);
    const { image, labels, templates, checkpoint: name } = predictRequest(fields, file);
    const checkpoint = placeOfCheckpoint(await findCheckpoint(store, id, name));
    return this.models.predict({ checkpoint, image, labels, templates });
  }
}

function noFile(id: string, name: string, file: string): TandemError {
  return new TandemError({
    code: ErrorCode.NotFound,
    message: `Checkpoint ${name}: expected the name of one of its files, got "${file.slice(0, 100)}"`,
    help: `GET /v1/runs/${id}/checkpoints lists them.`,
    context: { run: id },
  });
}
