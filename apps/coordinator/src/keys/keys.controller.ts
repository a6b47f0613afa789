import type { ServerResponse } from 'node:http';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  keyListSchema,
  madeKeySchema,
  newKeySchema,
  type KeyStatus,
  type MadeKey,
  type NewKey,
} from '#protocol/access/api-key.js';
import { ApiRefusal, Scoped, Takes } from '../http/open-api.js';
import { bodyPipe } from '../http/query.pipe.js';
import { keysToken } from '../parts.js';
import type { KeyRing } from './key-ring.js';

@ApiTags('keys')
@Scoped('admin')
@Controller('v1/keys')
export class KeysController {
  constructor(@Inject(keysToken) private readonly keys: KeyRing) {}

  @Get()
  @ApiOperation({ summary: 'The keys of the API: whose they are, what they may do, and when each was last used.' })
  @ApiResponse({ status: 200, standardSchema: keyListSchema })
  listKeys(): { readonly keys: readonly KeyStatus[] } {
    return { keys: this.keys.list() };
  }

  @Post()
  @Takes('application/json')
  @ApiOperation({ summary: 'Make a key. The answer is the only place that shows it.' })
  @ApiResponse({ status: 201, standardSchema: madeKeySchema })
  @ApiRefusal(409, 'There are 1,000 keys.')
  async createKey(
    @Body({ schema: newKeySchema, pipes: [bodyPipe] }) wanted: NewKey,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<MadeKey> {
    const made = await this.keys.create(wanted);
    response.setHeader('location', `/v1/keys/${made.id}`);
    return made;
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a key. It opens nothing any more, and open streams of its callers end.' })
  @ApiResponse({ status: 204, description: 'It is revoked.' })
  @ApiRefusal(404, 'No such key.')
  @ApiRefusal(409, 'It is the key of TANDEM_API_KEY, or the one made at the first start.')
  @ApiRefusal(503, 'This coordinator accepts it no more, but the store could not be written.')
  async revokeKey(@Param('id') id: string): Promise<void> {
    await this.keys.revoke(id);
  }
}
