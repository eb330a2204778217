import { IsArray, IsString, ValidateNested } from 'class-validator';
import { Type } from 'class-transformer';
import { type RouteProtocol, StageHandler } from 'nestage';

class Tensor {
  @IsString()
  name!: string;

  @IsArray()
  data!: number[];
}

class InferRequest {
  @ValidateNested({ each: true })
  @Type(() => Tensor)
  inputs!: Tensor[];
}

/** The Open Inference Protocol, as KServe and Triton speak it: outputs by name, errors as one line of text. */
const openInference: RouteProtocol = {
  name: 'open-inference',
  encodeValue: (value, { context }) => ({
    value: { id: context.logId, model_name: 'sum', outputs: [{ name: 'sum', shape: [1], data: [value] }] },
  }),
  encodeStream: () => {
    throw new Error('A model of this protocol gives no stream');
  },
  encodeError: ({ message, code }, logId) => ({ error: `${code}: ${message} (${logId})` }),
};

@StageHandler('/v2/models/sum/infer', { request: InferRequest, protocol: openInference })
export class OpenInferenceHandler {
  run({ inputs }: InferRequest): number {
    return inputs.flatMap(({ data }) => data).reduce((sum, value) => sum + value, 0);
  }
}
