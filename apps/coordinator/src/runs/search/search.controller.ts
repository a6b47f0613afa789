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
import {
  dataSetListSchema,
  featuresProgressSchema,
  imageSearchSchema,
  type DataSetList,
  type FeaturesProgress,
  type ImageSearch,
} from '#protocol/history/image-search.js';
import { ApiFile, ApiRefusal, Scoped, Takes } from '../../http/open-api.js';
import { queryPipe } from '../../http/query.pipe.js';
import { checkPlacesToken, registryToken, searchesToken } from '../../parts.js';
import { findCheckpoint, placeOfCheckpoint } from '../checkpoints/run-checkpoints.js';
import type { RunPlaces } from '../checks/run-places.js';
import type { RunRegistry } from '../run-registry.js';
import { runDataset, runDatasets } from './run-datasets.js';
import type { SearchedPlace } from './search-message.js';
import { featuresQuerySchema, searchForm, searchFormLimits, searchRequest } from './search-request.js';
import type { Searches } from './searches.js';

const pictureQuerySchema = featuresQuerySchema.pick({ data: true }).extend({
  index: z.coerce.number().int().min(0).describe('Its place in the data set, from 0 on.'),
});
type FeaturesQuery = z.output<typeof featuresQuerySchema>;

/** Finds the images of a run's own data sets that are nearest to a text or an image, by a checkpoint of the run. */
@ApiTags('search')
@Scoped('read')
@Controller('v1/runs/:id')
export class SearchController {
  constructor(
    @Inject(registryToken) private readonly registry: Pick<RunRegistry, 'find' | 'storeOf'>,
    @Inject(searchesToken) private readonly searches: Searches,
    @Inject(checkPlacesToken) private readonly checkPlaces: (places: RunPlaces) => Promise<void>,
  ) {}

  @Get('data-sets')
  @ApiOperation({ summary: 'The data sets that a run names, for training and for evaluation. They can be searched.' })
  @ApiResponse({ status: 200, standardSchema: dataSetListSchema })
  @ApiRefusal(404, 'No such run.')
  listDataSets(@Param('id') id: string): DataSetList {
    return { dataSets: runDatasets(this.registry.find(id)) };
  }

  @Post('features')
  @Scoped('submit')
  @HttpCode(200)
  @ApiOperation({
    summary: "Compute the features of a data set's images by a checkpoint, so that it can be searched.",
    description:
      'The coordinator computes them once, and the store keeps them. It goes on as long as anyone asks for them, or ' +
      'searches, at least once a minute; what is done by then is kept.',
  })
  @ApiResponse({ status: 200, standardSchema: featuresProgressSchema })
  @ApiRefusal(404, 'No such run, data set or checkpoint.')
  @ApiRefusal(409, 'The free memory cannot hold one more model.')
  @ApiRefusal(422, 'The data set has more than 100,000 images, or cannot be read.')
  @ApiRefusal(429, 'The features of another data set are computed.')
  async computeFeatures(
    @Param('id') id: string,
    @Query({ schema: featuresQuerySchema, pipes: [queryPipe] }) query: FeaturesQuery,
  ): Promise<FeaturesProgress> {
    return this.searches.compute(await this.placeOf(id, query));
  }

  @Get('features')
  @ApiOperation({ summary: 'How many of these features are computed.' })
  @ApiResponse({ status: 200, standardSchema: featuresProgressSchema })
  @ApiRefusal(404, 'No such run, data set or checkpoint.')
  async getFeaturesProgress(
    @Param('id') id: string,
    @Query({ schema: featuresQuerySchema, pipes: [queryPipe] }) query: FeaturesQuery,
  ): Promise<FeaturesProgress> {
    return this.searches.progress(await this.placeOf(id, query));
  }

  @Post('search')
  @HttpCode(200)
  @UseInterceptors(FileInterceptor('image', { limits: searchFormLimits }))
  @ApiOperation({
    summary: 'The images of a data set that are nearest to a text or an image, by a checkpoint of a run.',
    description: 'A form: `data`, `text` or the file `image`, and, if you like, `count` and `checkpoint`.',
  })
  @Takes('multipart/form-data')
  @ApiBody({ schema: searchForm })
  @ApiResponse({ status: 200, standardSchema: imageSearchSchema })
  @ApiRefusal(404, 'No such run or data set, or it has no checkpoint.')
  @ApiRefusal(409, 'Features of the images are missing, or the free memory cannot hold one more model.')
  @ApiRefusal(422, 'The image cannot be read, or the form has problems; all are listed.')
  @ApiRefusal(429, 'The features of another data set are computed, or too many search at once.')
  async searchImages(
    @Param('id') id: string,
    @Body() fields: unknown,
    @UploadedFile() file?: { readonly buffer: Uint8Array },
  ): Promise<ImageSearch> {
    this.registry.find(id);
    const { query, count, data, checkpoint } = searchRequest(fields, file);
    const place = await this.placeOf(id, { data, ...(checkpoint !== undefined && { checkpoint }) });
    return this.searches.search(place, query, count);
  }

  @Get('picture')
  @ApiOperation({ summary: "An image of one of the run's data sets as WebP, at most 320 pixels on its longer side." })
  @ApiFile('image/webp', 'The image.')
  @ApiRefusal(404, 'No such run, data set or image.')
  @ApiRefusal(422, 'The image cannot be read.')
  async getPicture(
    @Param('id') id: string,
    @Query({ schema: pictureQuerySchema, pipes: [queryPipe] }) { data, index }: z.output<typeof pictureQuerySchema>,
    @Res() response: ServerResponse,
  ): Promise<void> {
    const webp = await this.searches.picture(await this.urlOf(id, data), index);
    response.writeHead(200, { 'content-type': 'image/webp', 'content-length': webp.byteLength });
    response.end(webp);
  }

  private async placeOf(id: string, { data, checkpoint }: FeaturesQuery): Promise<SearchedPlace> {
    const store = this.registry.storeOf(id);
    return {
      data: await this.urlOf(id, data),
      checkpoint: placeOfCheckpoint(await findCheckpoint(store, id, checkpoint)),
      store: store.url,
    };
  }

  /** What the document names may have left the roots since the run was submitted, or have come with a change of it. */
  private async urlOf(id: string, place: string): Promise<string> {
    const run = this.registry.find(id);
    const { url } = runDataset(run, place);
    await this.checkPlaces(run.config as RunPlaces);
    return url;
  }
}
