import { ArrayMaxSize, IsArray, IsInt, IsNumber, IsOptional, IsPositive, Max, Min } from 'class-validator';
import { ChatCompletionRequest } from 'nestage/openai';

/**
 * OpenAI's request, and what vLLM, SGLang and llama.cpp take beside it to choose the next token. Nothing that changes the prompt, the number
 * of its computations or what the server loads is among them.
 */
export class UpstreamChatRequest extends ChatCompletionRequest {
  /** How many of the likeliest tokens are in the draw; -1 and 0 mean all. */
  @IsOptional()
  @IsInt()
  @Min(-1)
  top_k?: number | null;

  /** Least probability of a token, as a share of that of the likeliest. */
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(1)
  min_p?: number | null;

  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(1)
  typical_p?: number | null;

  /** More than 1 makes what was said already less likely, by the name of vLLM and SGLang. */
  @IsOptional()
  @IsNumber()
  @IsPositive()
  repetition_penalty?: number | null;

  /** The same by the name of llama.cpp. */
  @IsOptional()
  @IsNumber()
  @IsPositive()
  repeat_penalty?: number | null;

  /** Least tokens of the reply. */
  @IsOptional()
  @IsInt()
  @Min(0)
  min_tokens?: number | null;

  /** Tokens that end the reply, by their ids at that server. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(64)
  @IsInt({ each: true })
  @Min(0, { each: true })
  stop_token_ids?: number[] | null;
}

/** What is handed on of a request as it is. Absent and null are left out. */
export const HANDED_ON = [
  'temperature',
  'top_p',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
  'user',
  'top_k',
  'min_p',
  'typical_p',
  'repetition_penalty',
  'repeat_penalty',
  'min_tokens',
  'stop_token_ids',
] as const satisfies readonly (keyof UpstreamChatRequest)[];
