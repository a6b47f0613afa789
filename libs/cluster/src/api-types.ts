// Made from docs/openapi.json by `npm run docs`; do not change it by hand.
export interface paths {
  '/health/live': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['health.live'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/health/ready': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['health.ready'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/metrics': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['metrics.text'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['runs.list'];
    put?: never;
    post: operations['runs.submit'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs/check': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: operations['runs.check'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['runs.find'];
    put?: never;
    post?: never;
    delete: operations['runs.remove'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs/{id}/metrics': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['runs.metrics'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs/{id}/evaluations/picture': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['runs.evaluationPicture'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs/{id}/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['runs.events'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs/{id}/cancel': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: operations['runs.cancel'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs/{id}/pause': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: operations['runs.pause'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs/{id}/resume': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: operations['runs.resume'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs/{id}/priority': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: operations['runs.prioritize'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs/{id}/checkpoints': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['checkpoints.list'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs/{id}/checkpoints/{name}/export': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['checkpoints.export'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs/{id}/checkpoints/{name}/files/{file}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['checkpoints.file'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs/{id}/predict': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: operations['checkpoints.predict'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs/{id}/data-sets': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['search.dataSets'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs/{id}/features': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['search.progress'];
    put?: never;
    post: operations['search.compute'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs/{id}/search': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: operations['search.search'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runs/{id}/picture': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['search.picture'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/workers': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['workers.list'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/session': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['session.show'];
    put?: never;
    post: operations['session.login'];
    delete: operations['session.logout'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/keys': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['keys.list'];
    put?: never;
    post: operations['keys.create'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/keys/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    delete: operations['keys.revoke'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audit': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['audit.list'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/pool/key': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['poolkey.show'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    Problem: {
      code:
        | 'CONFIG_INVALID'
        | 'PROTOCOL_MISMATCH'
        | 'UNAUTHORISED'
        | 'FORBIDDEN'
        | 'THROTTLED'
        | 'NOT_FOUND'
        | 'CONFLICT'
        | 'DATA_INVALID'
        | 'STORE_FAILED'
        | 'TRANSPORT_FAILED'
        | 'SHARD_FAILED'
        | 'NON_FINITE'
        | 'CHECK_FAILED'
        | 'UNSUPPORTED_OP'
        | 'CANCELLED'
        | 'INTERNAL';
      message: string;
      help: string;
      retryable: boolean;
      context: {
        [key: string]: string | number;
      };
      problems?: {
        path: string;
        message: string;
      }[];
      type: string;
      title: string;
      status: number;
      detail: string;
    };
    RunStatus: {
      id: string;
      name: string;
      state:
        | 'queued'
        | 'preparing'
        | 'training'
        | 'evaluating'
        | 'downloading'
        | 'counting'
        | 'paused'
        | 'completed'
        | 'failed'
        | 'cancelled';
      reason: string;
      error: {
        code: string;
        message: string;
        help: string;
      } | null;
      createdAt: string;
      startedAt: string | null;
      endedAt: string | null;
      step: number;
      steps: number;
      etaSeconds: number | null;
      last: {
        step: number;
        loss: number;
        accuracy: number;
        logitScale: number;
        learningRate: number;
        gradientNorm: number;
        pairsPerSecond: number;
        encodeMs: number;
        lossMs: number;
        backpropMs: number;
        updateMs: number;
        stepMs: number;
        loadMs: number;
        bytesIn: number;
        bytesOut: number;
        workers: number;
        retries: number;
        skipped: number;
        longCaptions?: number;
      } | null;
      derived: {
        parameters: number;
        trainPairs: number;
        advice?: string[];
        shards: number;
        shardSizes: number[];
        microBatch: number;
        stepsPerEpoch: number;
        epochs: number;
        embeddingBytesPerStep: number;
        gradientBytesPerShard: number;
        parameterBytes: number;
      } | null;
      evaluations: (
        | {
            kind: 'zero-shot';
            name: string;
            step: number;
            images: number;
            classes: number;
            top1: number;
            top5: number;
            chance: number;
          }
        | {
            kind: 'linear-probe';
            name: string;
            step: number;
            images: number;
            classes: number;
            top1: number;
            top5: number;
            meanPerClass: number;
            chance: number;
            lambda: number;
          }
        | {
            kind: 'few-shot';
            name: string;
            step: number;
            images: number;
            classes: number;
            points: {
              shots: number;
              mean: number;
              deviation: number;
            }[];
            chance: number;
          }
        | {
            kind: 'retrieval';
            name: string;
            step: number;
            images: number;
            captions: number;
            textOfImage: {
              r1: number;
              r5: number;
              r10: number;
              medianRank: number;
            };
            imageOfText: {
              r1: number;
              r5: number;
              r10: number;
              medianRank: number;
            };
          }
      )[];
      checkpoint: string | null;
      best: {
        result:
          | {
              kind: 'zero-shot';
              name: string;
              step: number;
              images: number;
              classes: number;
              top1: number;
              top5: number;
              chance: number;
            }
          | {
              kind: 'linear-probe';
              name: string;
              step: number;
              images: number;
              classes: number;
              top1: number;
              top5: number;
              meanPerClass: number;
              chance: number;
              lambda: number;
            }
          | {
              kind: 'few-shot';
              name: string;
              step: number;
              images: number;
              classes: number;
              points: {
                shots: number;
                mean: number;
                deviation: number;
              }[];
              chance: number;
            }
          | {
              kind: 'retrieval';
              name: string;
              step: number;
              images: number;
              captions: number;
              textOfImage: {
                r1: number;
                r5: number;
                r10: number;
                medianRank: number;
              };
              imageOfText: {
                r1: number;
                r5: number;
                r10: number;
                medianRank: number;
              };
            };
        checkpoint: string;
      } | null;
      skippedSamples: number;
      download?: {
        pictures: number;
        stored: number;
        duplicates: number;
        readonly failed: {
          what: string;
          count: number;
          readonly examples: string[];
          canPass: boolean;
        }[];
        unsettled: number;
        readonly leftOut: {
          what: string;
          count: number;
          readonly examples: string[];
        }[];
        readonly said: string[];
      };
      longCaptions?: number;
      stepsChanges: {
        at: string;
        fromStep: number;
        from: number;
        to: number;
      }[];
      store: string;
      idempotencyKey: string | null;
      config: unknown;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  'health.live': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            live: true;
          };
        };
      };
    };
  };
  'health.ready': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            ready: boolean;
            parts?: {
              [key: string]: {
                ok: boolean;
                reason: string;
              };
            };
          };
        };
      };
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            ready: boolean;
            parts?: {
              [key: string]: {
                ok: boolean;
                reason: string;
              };
            };
          };
        };
      };
    };
  };
  'metrics.text': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'runs.list': {
    parameters: {
      query?: {
        limit?: number;
        after?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            runs: {
              id: string;
              name: string;
              state:
                | 'queued'
                | 'preparing'
                | 'training'
                | 'evaluating'
                | 'downloading'
                | 'counting'
                | 'paused'
                | 'completed'
                | 'failed'
                | 'cancelled';
              reason: string;
              error: {
                code: string;
                message: string;
                help: string;
              } | null;
              createdAt: string;
              startedAt: string | null;
              endedAt: string | null;
              step: number;
              steps: number;
              etaSeconds: number | null;
              last: {
                step: number;
                loss: number;
                accuracy: number;
                logitScale: number;
                learningRate: number;
                gradientNorm: number;
                pairsPerSecond: number;
                encodeMs: number;
                lossMs: number;
                backpropMs: number;
                updateMs: number;
                stepMs: number;
                loadMs: number;
                bytesIn: number;
                bytesOut: number;
                workers: number;
                retries: number;
                skipped: number;
                longCaptions?: number;
              } | null;
              derived: {
                parameters: number;
                trainPairs: number;
                advice?: string[];
                shards: number;
                shardSizes: number[];
                microBatch: number;
                stepsPerEpoch: number;
                epochs: number;
                embeddingBytesPerStep: number;
                gradientBytesPerShard: number;
                parameterBytes: number;
              } | null;
              evaluations: (
                | {
                    kind: 'zero-shot';
                    name: string;
                    step: number;
                    images: number;
                    classes: number;
                    top1: number;
                    top5: number;
                    chance: number;
                  }
                | {
                    kind: 'linear-probe';
                    name: string;
                    step: number;
                    images: number;
                    classes: number;
                    top1: number;
                    top5: number;
                    meanPerClass: number;
                    chance: number;
                    lambda: number;
                  }
                | {
                    kind: 'few-shot';
                    name: string;
                    step: number;
                    images: number;
                    classes: number;
                    points: {
                      shots: number;
                      mean: number;
                      deviation: number;
                    }[];
                    chance: number;
                  }
                | {
                    kind: 'retrieval';
                    name: string;
                    step: number;
                    images: number;
                    captions: number;
                    textOfImage: {
                      r1: number;
                      r5: number;
                      r10: number;
                      medianRank: number;
                    };
                    imageOfText: {
                      r1: number;
                      r5: number;
                      r10: number;
                      medianRank: number;
                    };
                  }
              )[];
              checkpoint: string | null;
              best: {
                result:
                  | {
                      kind: 'zero-shot';
                      name: string;
                      step: number;
                      images: number;
                      classes: number;
                      top1: number;
                      top5: number;
                      chance: number;
                    }
                  | {
                      kind: 'linear-probe';
                      name: string;
                      step: number;
                      images: number;
                      classes: number;
                      top1: number;
                      top5: number;
                      meanPerClass: number;
                      chance: number;
                      lambda: number;
                    }
                  | {
                      kind: 'few-shot';
                      name: string;
                      step: number;
                      images: number;
                      classes: number;
                      points: {
                        shots: number;
                        mean: number;
                        deviation: number;
                      }[];
                      chance: number;
                    }
                  | {
                      kind: 'retrieval';
                      name: string;
                      step: number;
                      images: number;
                      captions: number;
                      textOfImage: {
                        r1: number;
                        r5: number;
                        r10: number;
                        medianRank: number;
                      };
                      imageOfText: {
                        r1: number;
                        r5: number;
                        r10: number;
                        medianRank: number;
                      };
                    };
                checkpoint: string;
              } | null;
              skippedSamples: number;
              download?: {
                pictures: number;
                stored: number;
                duplicates: number;
                readonly failed: {
                  what: string;
                  count: number;
                  readonly examples: string[];
                  canPass: boolean;
                }[];
                unsettled: number;
                readonly leftOut: {
                  what: string;
                  count: number;
                  readonly examples: string[];
                }[];
                readonly said: string[];
              };
              longCaptions?: number;
              stepsChanges: {
                at: string;
                fromStep: number;
                from: number;
                to: number;
              }[];
              store: string;
              idempotencyKey: string | null;
            }[];
            next: string | null;
          };
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'runs.submit': {
    parameters: {
      query?: never;
      header?: {
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json':
          | {
              name: string;
              seed?: number;
              store?: string;
              model:
                | string
                | {
                    embed_dim: number;
                    quick_gelu?: boolean;
                    init_logit_scale?: number;
                    init_logit_bias?: number;
                    vision_cfg:
                      | {
                          image_size: number;
                          layers: number;
                          width: number;
                          patch_size: number;
                          head_width?: number;
                          mlp_ratio?: number;
                        }
                      | {
                          image_size: number;
                          layers: number[];
                          width: number;
                          patch_size?: null;
                          head_width?: number;
                        };
                    text_cfg: {
                      context_length?: number;
                      vocab_size?: number;
                      width: number;
                      heads: number;
                      layers: number;
                      mlp_ratio?: number;
                      no_causal_mask?: boolean;
                      pool_type?: 'argmax' | 'eos' | 'first' | 'last';
                      eos_id?: number;
                      norm_kwargs?: {
                        eps?: number;
                      };
                      proj_bias?: boolean;
                    };
                  };
              init?:
                | string
                | {
                    weights: string;
                    only?: string[];
                    sha256?: string;
                  };
              tokenizer?:
                | {
                    kind: 'clip';
                  }
                | {
                    kind: 'bpe';
                    vocabulary: number;
                  };
              data: {
                train:
                  | string
                  | {
                      data: string;
                      weight?: number;
                    }[];
                share?: number;
                sampling?: 'pairs' | 'groups' | 'blocks' | 'resampled';
                blockPairs?: number;
                captionTooLong?: 'truncate' | 'skip';
                augmentation?: {
                  scale?: number[];
                  ratio?: number[];
                  rotateDegrees?: number;
                  colorJitter?: number;
                  grayscale?: number;
                  flip?: number;
                };
              };
              batch: number;
              shards?: number;
              shardSize?: number;
              microBatch?: number;
              precision?: 'float32' | 'float16' | 'bfloat16';
              gradients?: {
                precision?: 'float32' | 'bfloat16';
              };
              loss?:
                | {
                    kind: 'softmax';
                    labelSmoothing?: number;
                    maskSameCaption?: boolean;
                    maskSameImage?: boolean;
                  }
                | {
                    kind: 'sigmoid';
                    maskSameCaption?: boolean;
                    maskSameImage?: boolean;
                  };
              train?: {
                only?: string[];
                freeze?: string[];
              };
              steps: number;
              optimizer?: {
                kind?: 'adamw';
                learningRate?: number;
                beta1?: number;
                beta2?: number;
                epsilon?: number;
                weightDecay?: number;
                clipNorm?: number;
              };
              schedule?: {
                kind?: 'cosine' | 'constant';
                warmupSteps?: number;
              };
              evaluation?: {
                everySteps?: number;
                zeroShot?: {
                  name: string;
                  data: string;
                  templates?: string[];
                  everySteps?: number;
                }[];
                linearProbe?: {
                  name: string;
                  train: string;
                  test: string;
                  metric?: 'top1' | 'mean-per-class';
                  validation?: string;
                  validationShare?: number;
                  seed?: number;
                  everySteps?: number;
                }[];
                fewShot?: {
                  name: string;
                  train: string;
                  test: string;
                  metric?: 'top1' | 'mean-per-class';
                  shots?: number[];
                  seeds?: number;
                  everySteps?: number;
                }[];
                retrieval?: {
                  name: string;
                  data: string;
                  everySteps?: number;
                }[];
                features?: string[];
              };
              checkpoint?: {
                everySteps?: number;
                keep?: number;
                keepBest?: string;
              };
              tensorboard?: boolean;
              priority?: number;
              limits?: {
                leaseMs?: number;
                attempts?: number;
                stragglerFactor?: number;
                verifyShare?: number;
                outageMs?: number;
                badSampleShare?: number;
              };
            }
          | {
              name: string;
              store: string;
              download: {
                list: string;
                urlColumn?: string;
                captionColumn?: string;
                groupColumn?: string;
                separator?: string;
                escape?: string;
                header?: boolean;
                encoding?: string;
                languages?: string[];
                shardPictures?: number;
                shortestSide?: number;
                pixelsMax?: number;
                connections?: number;
                perHost?: number;
                timeoutMs?: number;
                bytesMax?: number;
                retries?: number;
                duplicateDistance?: number | null;
                ignoreRobots?: boolean;
                disallowedDirectives?: string[];
                userAgent?: string;
              };
              priority?: number;
              limits?: {
                leaseMs?: number;
                attempts?: number;
                stragglerFactor?: number;
                verifyShare?: number;
                outageMs?: number;
                badSampleShare?: number;
              };
            }
          | {
              name: string;
              seed?: number;
              store: string;
              queries: {
                sources?: string[];
                pageViews?: string[];
                wiki?: string;
                lineViewsMin?: number;
                ignoreCase?: boolean;
                encoding?: string;
              };
              priority?: number;
              limits?: {
                leaseMs?: number;
                attempts?: number;
                stragglerFactor?: number;
                verifyShare?: number;
                outageMs?: number;
                badSampleShare?: number;
              };
            };
      };
    };
    responses: {
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RunStatus'];
        };
      };
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'runs.check': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json':
          | {
              name: string;
              seed?: number;
              store?: string;
              model:
                | string
                | {
                    embed_dim: number;
                    quick_gelu?: boolean;
                    init_logit_scale?: number;
                    init_logit_bias?: number;
                    vision_cfg:
                      | {
                          image_size: number;
                          layers: number;
                          width: number;
                          patch_size: number;
                          head_width?: number;
                          mlp_ratio?: number;
                        }
                      | {
                          image_size: number;
                          layers: number[];
                          width: number;
                          patch_size?: null;
                          head_width?: number;
                        };
                    text_cfg: {
                      context_length?: number;
                      vocab_size?: number;
                      width: number;
                      heads: number;
                      layers: number;
                      mlp_ratio?: number;
                      no_causal_mask?: boolean;
                      pool_type?: 'argmax' | 'eos' | 'first' | 'last';
                      eos_id?: number;
                      norm_kwargs?: {
                        eps?: number;
                      };
                      proj_bias?: boolean;
                    };
                  };
              init?:
                | string
                | {
                    weights: string;
                    only?: string[];
                    sha256?: string;
                  };
              tokenizer?:
                | {
                    kind: 'clip';
                  }
                | {
                    kind: 'bpe';
                    vocabulary: number;
                  };
              data: {
                train:
                  | string
                  | {
                      data: string;
                      weight?: number;
                    }[];
                share?: number;
                sampling?: 'pairs' | 'groups' | 'blocks' | 'resampled';
                blockPairs?: number;
                captionTooLong?: 'truncate' | 'skip';
                augmentation?: {
                  scale?: number[];
                  ratio?: number[];
                  rotateDegrees?: number;
                  colorJitter?: number;
                  grayscale?: number;
                  flip?: number;
                };
              };
              batch: number;
              shards?: number;
              shardSize?: number;
              microBatch?: number;
              precision?: 'float32' | 'float16' | 'bfloat16';
              gradients?: {
                precision?: 'float32' | 'bfloat16';
              };
              loss?:
                | {
                    kind: 'softmax';
                    labelSmoothing?: number;
                    maskSameCaption?: boolean;
                    maskSameImage?: boolean;
                  }
                | {
                    kind: 'sigmoid';
                    maskSameCaption?: boolean;
                    maskSameImage?: boolean;
                  };
              train?: {
                only?: string[];
                freeze?: string[];
              };
              steps: number;
              optimizer?: {
                kind?: 'adamw';
                learningRate?: number;
                beta1?: number;
                beta2?: number;
                epsilon?: number;
                weightDecay?: number;
                clipNorm?: number;
              };
              schedule?: {
                kind?: 'cosine' | 'constant';
                warmupSteps?: number;
              };
              evaluation?: {
                everySteps?: number;
                zeroShot?: {
                  name: string;
                  data: string;
                  templates?: string[];
                  everySteps?: number;
                }[];
                linearProbe?: {
                  name: string;
                  train: string;
                  test: string;
                  metric?: 'top1' | 'mean-per-class';
                  validation?: string;
                  validationShare?: number;
                  seed?: number;
                  everySteps?: number;
                }[];
                fewShot?: {
                  name: string;
                  train: string;
                  test: string;
                  metric?: 'top1' | 'mean-per-class';
                  shots?: number[];
                  seeds?: number;
                  everySteps?: number;
                }[];
                retrieval?: {
                  name: string;
                  data: string;
                  everySteps?: number;
                }[];
                features?: string[];
              };
              checkpoint?: {
                everySteps?: number;
                keep?: number;
                keepBest?: string;
              };
              tensorboard?: boolean;
              priority?: number;
              limits?: {
                leaseMs?: number;
                attempts?: number;
                stragglerFactor?: number;
                verifyShare?: number;
                outageMs?: number;
                badSampleShare?: number;
              };
            }
          | {
              name: string;
              store: string;
              download: {
                list: string;
                urlColumn?: string;
                captionColumn?: string;
                groupColumn?: string;
                separator?: string;
                escape?: string;
                header?: boolean;
                encoding?: string;
                languages?: string[];
                shardPictures?: number;
                shortestSide?: number;
                pixelsMax?: number;
                connections?: number;
                perHost?: number;
                timeoutMs?: number;
                bytesMax?: number;
                retries?: number;
                duplicateDistance?: number | null;
                ignoreRobots?: boolean;
                disallowedDirectives?: string[];
                userAgent?: string;
              };
              priority?: number;
              limits?: {
                leaseMs?: number;
                attempts?: number;
                stragglerFactor?: number;
                verifyShare?: number;
                outageMs?: number;
                badSampleShare?: number;
              };
            }
          | {
              name: string;
              seed?: number;
              store: string;
              queries: {
                sources?: string[];
                pageViews?: string[];
                wiki?: string;
                lineViewsMin?: number;
                ignoreCase?: boolean;
                encoding?: string;
              };
              priority?: number;
              limits?: {
                leaseMs?: number;
                attempts?: number;
                stragglerFactor?: number;
                verifyShare?: number;
                outageMs?: number;
                badSampleShare?: number;
              };
            };
      };
    };
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            config: unknown;
          };
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'runs.find': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RunStatus'];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'runs.remove': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'runs.metrics': {
    parameters: {
      query?: {
        from?: number;
        to?: number;
        limit?: number;
        points?: number;
        follow?: '0' | '1';
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            run: string;
            metrics: {
              step: number;
              loss: number;
              accuracy: number;
              logitScale: number;
              learningRate: number;
              gradientNorm: number;
              pairsPerSecond: number;
              encodeMs: number;
              lossMs: number;
              backpropMs: number;
              updateMs: number;
              stepMs: number;
              loadMs: number;
              bytesIn: number;
              bytesOut: number;
              workers: number;
              retries: number;
              skipped: number;
              longCaptions?: number;
            }[];
            evaluations: (
              | {
                  kind: 'zero-shot';
                  name: string;
                  step: number;
                  images: number;
                  classes: number;
                  top1: number;
                  top5: number;
                  chance: number;
                }
              | {
                  kind: 'linear-probe';
                  name: string;
                  step: number;
                  images: number;
                  classes: number;
                  top1: number;
                  top5: number;
                  meanPerClass: number;
                  chance: number;
                  lambda: number;
                }
              | {
                  kind: 'few-shot';
                  name: string;
                  step: number;
                  images: number;
                  classes: number;
                  points: {
                    shots: number;
                    mean: number;
                    deviation: number;
                  }[];
                  chance: number;
                }
              | {
                  kind: 'retrieval';
                  name: string;
                  step: number;
                  images: number;
                  captions: number;
                  textOfImage: {
                    r1: number;
                    r5: number;
                    r10: number;
                    medianRank: number;
                  };
                  imageOfText: {
                    r1: number;
                    r5: number;
                    r10: number;
                    medianRank: number;
                  };
                }
            )[];
            next: number;
          };
          'text/event-stream': {
            run: string;
            metrics: {
              step: number;
              loss: number;
              accuracy: number;
              logitScale: number;
              learningRate: number;
              gradientNorm: number;
              pairsPerSecond: number;
              encodeMs: number;
              lossMs: number;
              backpropMs: number;
              updateMs: number;
              stepMs: number;
              loadMs: number;
              bytesIn: number;
              bytesOut: number;
              workers: number;
              retries: number;
              skipped: number;
              longCaptions?: number;
            }[];
            evaluations: (
              | {
                  kind: 'zero-shot';
                  name: string;
                  step: number;
                  images: number;
                  classes: number;
                  top1: number;
                  top5: number;
                  chance: number;
                }
              | {
                  kind: 'linear-probe';
                  name: string;
                  step: number;
                  images: number;
                  classes: number;
                  top1: number;
                  top5: number;
                  meanPerClass: number;
                  chance: number;
                  lambda: number;
                }
              | {
                  kind: 'few-shot';
                  name: string;
                  step: number;
                  images: number;
                  classes: number;
                  points: {
                    shots: number;
                    mean: number;
                    deviation: number;
                  }[];
                  chance: number;
                }
              | {
                  kind: 'retrieval';
                  name: string;
                  step: number;
                  images: number;
                  captions: number;
                  textOfImage: {
                    r1: number;
                    r5: number;
                    r10: number;
                    medianRank: number;
                  };
                  imageOfText: {
                    r1: number;
                    r5: number;
                    r10: number;
                    medianRank: number;
                  };
                }
            )[];
            next: number;
          };
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'runs.evaluationPicture': {
    parameters: {
      query: {
        name: string;
        step: number;
        theme?: 'light' | 'dark';
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'runs.events': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            events: {
              at: string;
              kind: string;
              state:
                | 'queued'
                | 'preparing'
                | 'training'
                | 'evaluating'
                | 'downloading'
                | 'counting'
                | 'paused'
                | 'completed'
                | 'failed'
                | 'cancelled';
              step: number;
              text: string;
            }[];
          };
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'runs.cancel': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RunStatus'];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'runs.pause': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RunStatus'];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'runs.resume': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          steps?: number;
          evaluation?: {
            everySteps?: number;
            zeroShot?: {
              name: string;
              data: string;
              templates?: string[];
              everySteps?: number;
            }[];
            linearProbe?: {
              name: string;
              train: string;
              test: string;
              metric?: 'top1' | 'mean-per-class';
              validation?: string;
              validationShare?: number;
              seed?: number;
              everySteps?: number;
            }[];
            fewShot?: {
              name: string;
              train: string;
              test: string;
              metric?: 'top1' | 'mean-per-class';
              shots?: number[];
              seeds?: number;
              everySteps?: number;
            }[];
            retrieval?: {
              name: string;
              data: string;
              everySteps?: number;
            }[];
            features?: string[];
          };
          checkpoint?: {
            everySteps?: number;
            keep?: number;
            keepBest?: string;
          };
          priority?: number;
          tensorboard?: boolean;
          limits?: {
            leaseMs?: number;
            attempts?: number;
            stragglerFactor?: number;
            verifyShare?: number;
            outageMs?: number;
            badSampleShare?: number;
          };
        };
      };
    };
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RunStatus'];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'runs.prioritize': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          priority: number;
        };
      };
    };
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RunStatus'];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'checkpoints.list': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            checkpoints: {
              name: string;
              step: number;
              url: string;
              files: {
                name: string;
                bytes: number;
              }[];
            }[];
          };
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'checkpoints.export': {
    parameters: {
      query?: {
        type?: 'float32' | 'float16' | 'int8';
      };
      header?: never;
      path: {
        id: string;
        name: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'checkpoints.file': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
        name: string;
        file: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'checkpoints.predict': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'multipart/form-data': {
          image: string;
          label: string[];
          template?: string[];
          checkpoint?: string;
        };
      };
    };
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            checkpoint: string;
            step: number;
            templates: string[];
            predictions: {
              label: string;
              probability: number;
            }[];
          };
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'search.dataSets': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            dataSets: {
              place: string;
              url: string;
            }[];
          };
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'search.progress': {
    parameters: {
      query: {
        data: string;
        checkpoint?: string;
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            state: 'none' | 'computing' | 'complete';
            done: number;
            images: number;
          };
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'search.compute': {
    parameters: {
      query: {
        data: string;
        checkpoint?: string;
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            state: 'none' | 'computing' | 'complete';
            done: number;
            images: number;
          };
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'search.search': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'multipart/form-data': {
          data: string;
          text?: string;
          image?: string;
          count?: number;
          checkpoint?: string;
        };
      };
    };
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            checkpoint: string;
            step: number;
            data: {
              name: string;
              images: number;
              skipped: number;
            };
            found: {
              index: number;
              key: string;
              caption: string;
              similarity: number;
            }[];
          };
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'search.picture': {
    parameters: {
      query: {
        data: string;
        index: number;
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'workers.list': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            workers: {
              id: string;
              host: string;
              pid: number;
              device: string;
              threads: number;
              memoryBytes: number | null;
              code: string;
              state: 'idle' | 'busy' | 'lost' | 'refused' | 'setAside';
              reason: string;
              task: string | null;
              tasksDone: number;
              slowness?: number;
              startedAt: string;
              lastSeenAt: string;
            }[];
          };
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'session.show': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            scopes: ('read' | 'submit' | 'admin' | 'worker')[];
          };
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'session.login': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          key: string;
        };
      };
    };
    responses: {
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'session.logout': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'keys.list': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            keys: {
              id: string;
              name: string;
              scope: 'read' | 'submit' | 'admin' | 'worker';
              createdAt: string | null;
              expiresAt: string | null;
              expired: boolean;
              lastUsedAt: string | null;
            }[];
          };
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'keys.create': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          name: string;
          scope: 'read' | 'submit' | 'admin' | 'worker';
          days?: number;
        };
      };
    };
    responses: {
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            id: string;
            name: string;
            scope: 'read' | 'submit' | 'admin' | 'worker';
            createdAt: string | null;
            expiresAt: string | null;
            key: string;
          };
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'keys.revoke': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'audit.list': {
    parameters: {
      query?: {
        limit?: number;
        before?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            entries: {
              number: number;
              at: string;
              key: {
                id: string;
                name: string;
                scope: 'read' | 'submit' | 'admin' | 'worker';
              };
              session: boolean;
              address: string;
              action: string;
              subject: string | null;
              status: number | null;
              requestId: string;
              reason?: string;
            }[];
            next: number | null;
          };
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  'poolkey.show': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            poolKey: string;
          };
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
}
