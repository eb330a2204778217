/** Names of the attributes on requests' and stages' spans. @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/ @internal */
export const SPAN_ATTRIBUTES = {
  method: 'http.request.method',
  route: 'http.route',
  status: 'http.response.status_code',
  errorType: 'error.type',
  logId: 'nestage.log_id',
  tier: 'nestage.tier',
  handler: 'nestage.handler',
  stage: 'nestage.stage',
  retries: 'nestage.retries',
  degraded: 'nestage.degraded',
} as const;

/**
 * Names of attributes on calls of generative models, for `annotateSpan()`. Kept here alone, since the convention still moves.
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
 * @publicApi
 */
export const GEN_AI_ATTRIBUTES = {
  operationName: 'gen_ai.operation.name',
  providerName: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  requestMaxTokens: 'gen_ai.request.max_tokens',
  requestTemperature: 'gen_ai.request.temperature',
  requestTopP: 'gen_ai.request.top_p',
  responseId: 'gen_ai.response.id',
  responseModel: 'gen_ai.response.model',
  responseFinishReasons: 'gen_ai.response.finish_reasons',
  usageInputTokens: 'gen_ai.usage.input_tokens',
  usageOutputTokens: 'gen_ai.usage.output_tokens',
} as const;
