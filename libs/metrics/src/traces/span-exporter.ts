/** A span that is over. Times are in milliseconds since 1970. */
export interface EndedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes?: Readonly<Record<string, string | number>>;
  /** Why what it stands for failed. */
  readonly error?: string;
}

/** Sends spans to a collector, in batches. What it does not take in time is dropped: nothing waits for it. */
export interface SpanExporter {
  record(span: EndedSpan): void;
  /** Sends what is left, for at most 4 s. */
  close(): Promise<void>;
}

export interface SpanExporterOptions {
  /** Address of a collector that speaks OTLP over HTTP, such as http://127.0.0.1:4318. */
  readonly endpoint: string;
  /** Share of the traces that are sent, from 0 to 1. Which these are follows from their ids. */
  readonly share: number;
  readonly program: 'coordinator' | 'worker';
  /** Tells this process from others of the program. */
  readonly instance: string;
  /** Hears of the first batch that could not be sent, and of the first after some that could. */
  onError(message: string): void;
}

const spansWaitingMax = 8192;
/** With its tries; after that the batch is dropped. */
const sendMs = 2500;
const closeMs = 4000;

/** OpenTelemetry's packages are loaded only here, so that a process that sends no traces has none of them. */
export async function openSpanExporter(options: SpanExporterOptions): Promise<SpanExporter> {
  const { ROOT_CONTEXT, SpanStatusCode, TraceFlags, trace } = await import('@opentelemetry/api');
  const { BatchSpanProcessor, TraceIdRatioBasedSampler, TracerProvider } = await import('@opentelemetry/sdk-trace');
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const url = `${options.endpoint.replace(/\/+$/, '')}/v1/traces`;
  const sender = new OTLPTraceExporter({ url, timeoutMillis: sendMs });
  let isFailing = false;
  const exporter: Pick<typeof sender, 'export' | 'shutdown'> = {
    export: (spans, done) =>
      sender.export(spans, (result) => {
        const failed = result.error !== undefined;
        if (failed && !isFailing) options.onError(`${url}: ${result.error!.message}`);
        isFailing = failed;
        done(result);
      }),
    shutdown: () => sender.shutdown(),
  };
  let next = { traceId: '', spanId: '' };
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': `tandem-${options.program}`,
      'service.instance.id': options.instance,
    }),
    sampler: new TraceIdRatioBasedSampler(options.share),
    idGenerator: { generateTraceId: () => next.traceId, generateSpanId: () => next.spanId },
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: spansWaitingMax })],
  });
  const tracer = provider.getTracer('tandem');
  return {
    record({ traceId, spanId, parentId, name, startMs, endMs, attributes = {}, error }) {
      const parent = parentId && { traceId, spanId: parentId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
      next = { traceId, spanId };
      const span = tracer.startSpan(
        name,
        { startTime: startMs, attributes, root: !parent },
        parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT,
      );
      if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
      span.end(endMs);
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, closeMs)));
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}
