// Made from docs/openapi.json by `npm run docs`; do not change it by hand.
export interface paths {
  '/health/live': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['getLiveness'];
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
    get: operations['getReadiness'];
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
    get: operations['getMetrics'];
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
    get: operations['listRuns'];
    put?: never;
    post: operations['submitRun'];
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
    post: operations['checkRun'];
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
    get: operations['getRun'];
    put?: never;
    post?: never;
    delete: operations['removeRun'];
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
    get: operations['getRunMetrics'];
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
    get: operations['drawEvaluation'];
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
    get: operations['getRunEvents'];
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
    post: operations['cancelRun'];
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
    post: operations['pauseRun'];
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
    post: operations['resumeRun'];
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
    post: operations['prioritizeRun'];
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
    get: operations['listCheckpoints'];
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
    get: operations['exportCheckpoint'];
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
    get: operations['getCheckpointFile'];
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
    post: operations['predict'];
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
    get: operations['listDataSets'];
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
    get: operations['getFeaturesProgress'];
    put?: never;
    post: operations['computeFeatures'];
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
    post: operations['searchImages'];
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
    get: operations['getPicture'];
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
    get: operations['listWorkers'];
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
    get: operations['getSession'];
    put?: never;
    post: operations['logIn'];
    delete: operations['logOut'];
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
    get: operations['listKeys'];
    put?: never;
    post: operations['createKey'];
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
    delete: operations['revokeKey'];
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
    get: operations['listAuditEntries'];
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
    get: operations['getPoolKey'];
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
    Amendment: {
      steps?: number;
      evaluation?: components['schemas']['EvaluationConfig'];
      checkpoint?: components['schemas']['CheckpointConfig'];
      priority?: number;
      tensorboard?: boolean;
      limits?: components['schemas']['LimitsConfig'];
    };
    AuditEntry: {
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
    };
    AuditPage: {
      entries: components['schemas']['AuditEntry'][];
      next: number | null;
    };
    AugmentationConfig: {
      scale?: number[];
      ratio?: number[];
      rotateDegrees?: number;
      colorJitter?: number;
      grayscale?: number;
      flip?: number;
    };
    BestResult: {
      result: components['schemas']['EvaluationResult'];
      checkpoint: string;
    };
    CheckedDocument: {
      config: components['schemas']['ResolvedRunDocument'];
    };
    Checkpoint: {
      name: string;
      step: number;
      url: string;
      files: {
        name: string;
        bytes: number;
      }[];
    };
    CheckpointConfig: {
      everySteps?: number;
      keep?: number;
      keepBest?: string;
    };
    CheckpointList: {
      checkpoints: components['schemas']['Checkpoint'][];
    };
    CountDocument: {
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
      limits?: components['schemas']['LimitsConfig'];
    };
    DataConfig: {
      train: string | components['schemas']['TrainSource'][];
      share?: number;
      sampling?: 'pairs' | 'groups' | 'blocks' | 'resampled';
      blockPairs?: number;
      captionTooLong?: 'truncate' | 'skip';
      augmentation?: components['schemas']['AugmentationConfig'];
    };
    DataSetList: {
      dataSets: {
        place: string;
        url: string;
      }[];
    };
    DerivedNumbers: {
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
    };
    DownloadAccount: {
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
    DownloadDocument: {
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
      limits?: components['schemas']['LimitsConfig'];
    };
    EvaluationConfig: {
      everySteps?: number;
      zeroShot?: components['schemas']['ZeroShotConfig'][];
      linearProbe?: components['schemas']['LinearProbeConfig'][];
      fewShot?: components['schemas']['FewShotConfig'][];
      retrieval?: components['schemas']['RetrievalConfig'][];
      features?: string[];
    };
    EvaluationResult:
      | components['schemas']['ZeroShotResult']
      | components['schemas']['LinearProbeResult']
      | components['schemas']['FewShotResult']
      | components['schemas']['RetrievalResult'];
    EventLog: {
      events: components['schemas']['LoggedEvent'][];
    };
    FeaturesProgress: {
      state: 'none' | 'computing' | 'complete';
      done: number;
      images: number;
    };
    FewShotConfig: {
      name: string;
      train: string;
      test: string;
      metric?: 'top1' | 'mean-per-class';
      shots?: number[];
      seeds?: number;
      everySteps?: number;
    };
    FewShotResult: {
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
    };
    ImageSearch: {
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
    InitialWeights: {
      weights: string;
      only?: string[];
      sha256?: string;
    };
    Key: {
      id: string;
      name: string;
      scope: 'read' | 'submit' | 'admin' | 'worker';
      createdAt: string | null;
      expiresAt: string | null;
      expired: boolean;
      lastUsedAt: string | null;
    };
    KeyList: {
      keys: components['schemas']['Key'][];
    };
    LimitsConfig: {
      leaseMs?: number;
      attempts?: number;
      stragglerFactor?: number;
      verifyShare?: number;
      outageMs?: number;
      badSampleShare?: number;
    };
    LinearProbeConfig: {
      name: string;
      train: string;
      test: string;
      metric?: 'top1' | 'mean-per-class';
      validation?: string;
      validationShare?: number;
      seed?: number;
      everySteps?: number;
    };
    LinearProbeResult: {
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
    };
    LoggedEvent: {
      at: string;
      kind: string;
      state: components['schemas']['RunState'];
      step: number;
      text: string;
    };
    LossConfig:
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
    MadeKey: {
      id: string;
      name: string;
      scope: 'read' | 'submit' | 'admin' | 'worker';
      createdAt: string | null;
      expiresAt: string | null;
      key: string;
    };
    MetricsPage: {
      run: string;
      metrics: components['schemas']['StepMetrics'][];
      evaluations: components['schemas']['EvaluationResult'][];
      next: number;
    };
    ModelConfig: {
      embed_dim: number;
      quick_gelu?: boolean;
      init_logit_scale?: number;
      init_logit_bias?: number;
      vision_cfg: components['schemas']['VisionConfig'];
      text_cfg: components['schemas']['TextConfig'];
    };
    NewKey: {
      name: string;
      scope: 'read' | 'submit' | 'admin' | 'worker';
      days?: number;
    };
    OptimizerConfig: {
      kind?: 'adamw';
      learningRate?: number;
      beta1?: number;
      beta2?: number;
      epsilon?: number;
      weightDecay?: number;
      clipNorm?: number;
    };
    PoolKey: {
      poolKey: string;
    };
    Prediction: {
      checkpoint: string;
      step: number;
      templates: string[];
      predictions: {
        label: string;
        probability: number;
      }[];
    };
    PriorityChange: {
      priority: number;
    };
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
    Readiness: {
      ready: boolean;
      parts?: {
        [key: string]: {
          ok: boolean;
          reason: string;
        };
      };
    };
    ResNetConfig: {
      image_size: number;
      layers: number[];
      width: number;
      patch_size?: null;
      head_width?: number;
    };
    ResolvedAugmentationConfig: {
      scale: number[];
      ratio: number[];
      rotateDegrees: number;
      colorJitter: number;
      grayscale: number;
      flip: number;
    };
    ResolvedCheckpointConfig: {
      everySteps: number;
      keep: number;
      keepBest?: string;
    };
    ResolvedCountDocument: {
      name: string;
      seed: number;
      store: string;
      queries: {
        sources: string[];
        pageViews: string[];
        wiki: string;
        lineViewsMin: number;
        ignoreCase: boolean;
        encoding?: string;
      };
      priority: number;
      limits: components['schemas']['ResolvedLimitsConfig'];
    };
    ResolvedDataConfig: {
      train: string | components['schemas']['TrainSource'][];
      share?: number;
      sampling: 'pairs' | 'groups' | 'blocks' | 'resampled';
      blockPairs: number;
      captionTooLong: 'truncate' | 'skip';
      augmentation: components['schemas']['ResolvedAugmentationConfig'];
    };
    ResolvedDownloadDocument: {
      name: string;
      store: string;
      download: {
        list: string;
        urlColumn?: string;
        captionColumn?: string;
        groupColumn?: string;
        separator?: string;
        escape?: string;
        header: boolean;
        encoding?: string;
        languages?: string[];
        shardPictures: number;
        shortestSide?: number;
        pixelsMax?: number;
        connections: number;
        perHost: number;
        timeoutMs: number;
        bytesMax: number;
        retries: number;
        duplicateDistance: number | null;
        ignoreRobots: boolean;
        disallowedDirectives?: string[];
        userAgent?: string;
      };
      priority: number;
      limits: components['schemas']['ResolvedLimitsConfig'];
    };
    ResolvedEvaluationConfig: {
      everySteps?: number;
      zeroShot: components['schemas']['ResolvedZeroShotConfig'][];
      linearProbe: components['schemas']['ResolvedLinearProbeConfig'][];
      fewShot: components['schemas']['ResolvedFewShotConfig'][];
      retrieval: components['schemas']['RetrievalConfig'][];
      features: string[];
    };
    ResolvedFewShotConfig: {
      name: string;
      train: string;
      test: string;
      metric: 'top1' | 'mean-per-class';
      shots: number[];
      seeds: number;
      everySteps?: number;
    };
    ResolvedLimitsConfig: {
      leaseMs: number;
      attempts: number;
      stragglerFactor: number;
      verifyShare: number;
      outageMs: number;
      badSampleShare: number;
    };
    ResolvedLinearProbeConfig: {
      name: string;
      train: string;
      test: string;
      metric: 'top1' | 'mean-per-class';
      validation?: string;
      validationShare: number;
      seed: number;
      everySteps?: number;
    };
    ResolvedLossConfig:
      | {
          kind: 'softmax';
          labelSmoothing: number;
          maskSameCaption: boolean;
          maskSameImage: boolean;
        }
      | {
          kind: 'sigmoid';
          maskSameCaption: boolean;
          maskSameImage: boolean;
        };
    ResolvedModelConfig: {
      embed_dim: number;
      quick_gelu: boolean;
      init_logit_scale?: number;
      init_logit_bias?: number;
      vision_cfg: components['schemas']['ResolvedVisionConfig'];
      text_cfg: components['schemas']['ResolvedTextConfig'];
    };
    ResolvedOptimizerConfig: {
      kind: 'adamw';
      learningRate: number;
      beta1: number;
      beta2: number;
      epsilon: number;
      weightDecay: number;
      clipNorm?: number;
    };
    ResolvedResNetConfig: {
      image_size: number;
      layers: number[];
      width: number;
      patch_size: null;
      head_width: number;
    };
    ResolvedRunDocument:
      | components['schemas']['ResolvedTrainingDocument']
      | components['schemas']['ResolvedDownloadDocument']
      | components['schemas']['ResolvedCountDocument'];
    ResolvedScheduleConfig: {
      kind: 'cosine' | 'constant';
      warmupSteps: number;
    };
    ResolvedTextConfig: {
      context_length: number;
      vocab_size: number;
      width: number;
      heads: number;
      layers: number;
      mlp_ratio: number;
      no_causal_mask?: boolean;
      pool_type?: 'argmax' | 'eos' | 'first' | 'last';
      eos_id?: number;
      norm_kwargs?: {
        eps?: number;
      };
      proj_bias?: boolean;
    };
    ResolvedTokenizerConfig:
      | {
          kind: 'clip';
        }
      | {
          kind: 'bpe';
          vocabulary: number;
        };
    ResolvedTrainingDocument: {
      name: string;
      seed: number;
      store?: string;
      model: components['schemas']['ResolvedModelConfig'];
      init?: components['schemas']['InitialWeights'];
      tokenizer: components['schemas']['ResolvedTokenizerConfig'];
      data: components['schemas']['ResolvedDataConfig'];
      batch: number;
      shards?: number;
      shardSize?: number;
      microBatch?: number;
      precision: 'float32' | 'float16' | 'bfloat16';
      gradients?: {
        precision: 'float32' | 'bfloat16';
      };
      loss: components['schemas']['ResolvedLossConfig'];
      train?: components['schemas']['TrainableConfig'];
      steps: number;
      optimizer: components['schemas']['ResolvedOptimizerConfig'];
      schedule: components['schemas']['ResolvedScheduleConfig'];
      evaluation: components['schemas']['ResolvedEvaluationConfig'];
      checkpoint: components['schemas']['ResolvedCheckpointConfig'];
      tensorboard: boolean;
      priority: number;
      limits: components['schemas']['ResolvedLimitsConfig'];
      modelName: string;
    };
    ResolvedVisionConfig:
      components['schemas']['ResolvedVisionTransformerConfig'] | components['schemas']['ResolvedResNetConfig'];
    ResolvedVisionTransformerConfig: {
      image_size: number;
      layers: number;
      width: number;
      patch_size: number;
      head_width: number;
      mlp_ratio: number;
    };
    ResolvedZeroShotConfig: {
      name: string;
      data: string;
      templates: string[];
      everySteps?: number;
    };
    RetrievalConfig: {
      name: string;
      data: string;
      everySteps?: number;
    };
    RetrievalResult: {
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
    RunDocument:
      | components['schemas']['TrainingDocument']
      | components['schemas']['DownloadDocument']
      | components['schemas']['CountDocument'];
    RunError: {
      code: string;
      message: string;
      help: string;
    };
    RunList: {
      runs: components['schemas']['RunSummary'][];
      next: string | null;
    };
    RunState:
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
    RunStatus: {
      id: string;
      name: string;
      state: components['schemas']['RunState'];
      reason: string;
      error: components['schemas']['RunError'] | null;
      createdAt: string;
      startedAt: string | null;
      endedAt: string | null;
      step: number;
      steps: number;
      etaSeconds: number | null;
      last: components['schemas']['StepMetrics'] | null;
      derived: components['schemas']['DerivedNumbers'] | null;
      evaluations: components['schemas']['EvaluationResult'][];
      checkpoint: string | null;
      best: components['schemas']['BestResult'] | null;
      skippedSamples: number;
      download?: components['schemas']['DownloadAccount'];
      longCaptions?: number;
      stepsChanges: components['schemas']['StepsChange'][];
      store: string;
      idempotencyKey: string | null;
      config: components['schemas']['ResolvedRunDocument'];
    };
    RunSummary: {
      id: string;
      name: string;
      state: components['schemas']['RunState'];
      reason: string;
      error: components['schemas']['RunError'] | null;
      createdAt: string;
      startedAt: string | null;
      endedAt: string | null;
      step: number;
      steps: number;
      etaSeconds: number | null;
      last: components['schemas']['StepMetrics'] | null;
      derived: components['schemas']['DerivedNumbers'] | null;
      evaluations: components['schemas']['EvaluationResult'][];
      checkpoint: string | null;
      best: components['schemas']['BestResult'] | null;
      skippedSamples: number;
      download?: components['schemas']['DownloadAccount'];
      longCaptions?: number;
      stepsChanges: components['schemas']['StepsChange'][];
      store: string;
      idempotencyKey: string | null;
    };
    ScheduleConfig: {
      kind?: 'cosine' | 'constant';
      warmupSteps?: number;
    };
    StatusEvent: {
      event: 'status';
      id?: string;
      data: components['schemas']['RunStatus'];
    };
    StepEvent: {
      event: 'step';
      id: string;
      data: components['schemas']['StepMetrics'];
    };
    StepMetrics: {
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
    };
    StepsChange: {
      at: string;
      fromStep: number;
      from: number;
      to: number;
    };
    StreamEvent: components['schemas']['StepEvent'] | components['schemas']['StatusEvent'];
    TextConfig: {
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
    TokenizerConfig:
      | {
          kind: 'clip';
        }
      | {
          kind: 'bpe';
          vocabulary: number;
        };
    TrainSource: {
      data: string;
      weight?: number;
    };
    TrainableConfig: {
      only?: string[];
      freeze?: string[];
    };
    TrainingDocument: {
      name: string;
      seed?: number;
      store?: string;
      model: string | components['schemas']['ModelConfig'];
      init?: string | components['schemas']['InitialWeights'];
      tokenizer?: components['schemas']['TokenizerConfig'];
      data: components['schemas']['DataConfig'];
      batch: number;
      shards?: number;
      shardSize?: number;
      microBatch?: number;
      precision?: 'float32' | 'float16' | 'bfloat16';
      gradients?: {
        precision?: 'float32' | 'bfloat16';
      };
      loss?: components['schemas']['LossConfig'];
      train?: components['schemas']['TrainableConfig'];
      steps: number;
      optimizer?: components['schemas']['OptimizerConfig'];
      schedule?: components['schemas']['ScheduleConfig'];
      evaluation?: components['schemas']['EvaluationConfig'];
      checkpoint?: components['schemas']['CheckpointConfig'];
      tensorboard?: boolean;
      priority?: number;
      limits?: components['schemas']['LimitsConfig'];
    };
    VisionConfig: components['schemas']['VisionTransformerConfig'] | components['schemas']['ResNetConfig'];
    VisionTransformerConfig: {
      image_size: number;
      layers: number;
      width: number;
      patch_size: number;
      head_width?: number;
      mlp_ratio?: number;
    };
    Worker: {
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
    };
    WorkerList: {
      workers: components['schemas']['Worker'][];
    };
    ZeroShotConfig: {
      name: string;
      data: string;
      templates?: string[];
      everySteps?: number;
    };
    ZeroShotResult: {
      kind: 'zero-shot';
      name: string;
      step: number;
      images: number;
      classes: number;
      top1: number;
      top5: number;
      chance: number;
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
  getLiveness: {
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
  getReadiness: {
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
          'application/json': components['schemas']['Readiness'];
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
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Readiness'];
        };
      };
    };
  };
  getMetrics: {
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
          'text/plain': string;
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
      429: {
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
  listRuns: {
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
          'application/json': components['schemas']['RunList'];
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
      429: {
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
  submitRun: {
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
        'application/json': components['schemas']['RunDocument'];
      };
    };
    responses: {
      201: {
        headers: {
          location?: string;
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
      415: {
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
  checkRun: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['RunDocument'];
      };
    };
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CheckedDocument'];
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
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      415: {
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
  getRun: {
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
      404: {
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
  removeRun: {
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
  getRunMetrics: {
    parameters: {
      query?: {
        from?: number;
        to?: number;
        limit?: number;
        points?: number;
        follow?: '0' | '1';
      };
      header?: {
        'last-event-id'?: string;
      };
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
          'application/json': components['schemas']['MetricsPage'];
          'text/event-stream': string;
        };
      };
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
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
      429: {
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
  drawEvaluation: {
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
        content: {
          'image/svg+xml': Blob;
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
      429: {
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
  getRunEvents: {
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
          'application/json': components['schemas']['EventLog'];
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
      404: {
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
  cancelRun: {
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
  pauseRun: {
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
  resumeRun: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['Amendment'];
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
      415: {
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
  prioritizeRun: {
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
        'application/json': components['schemas']['PriorityChange'];
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
      415: {
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
  listCheckpoints: {
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
          'application/json': components['schemas']['CheckpointList'];
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
      404: {
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
  exportCheckpoint: {
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
        content: {
          'application/octet-stream': Blob;
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
  getCheckpointFile: {
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
        content: {
          'application/octet-stream': Blob;
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
      404: {
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
  predict: {
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
          image: Blob;
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
          'application/json': components['schemas']['Prediction'];
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
      415: {
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
  listDataSets: {
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
          'application/json': components['schemas']['DataSetList'];
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
      404: {
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
  getFeaturesProgress: {
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
          'application/json': components['schemas']['FeaturesProgress'];
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
      429: {
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
  computeFeatures: {
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
          'application/json': components['schemas']['FeaturesProgress'];
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
  searchImages: {
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
          image?: Blob;
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
          'application/json': components['schemas']['ImageSearch'];
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
      415: {
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
  getPicture: {
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
        content: {
          'image/webp': Blob;
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
      429: {
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
  listWorkers: {
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
          'application/json': components['schemas']['WorkerList'];
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
      429: {
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
  getSession: {
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
      429: {
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
  logIn: {
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
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      415: {
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
  logOut: {
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
      403: {
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
  listKeys: {
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
          'application/json': components['schemas']['KeyList'];
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
      429: {
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
  createKey: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['NewKey'];
      };
    };
    responses: {
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['MadeKey'];
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
      415: {
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
  revokeKey: {
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
  listAuditEntries: {
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
          'application/json': components['schemas']['AuditPage'];
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
      429: {
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
  getPoolKey: {
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
          'application/json': components['schemas']['PoolKey'];
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
      429: {
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
}
