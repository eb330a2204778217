import { IsNotEmpty, IsString } from 'class-validator';

export class EchoRequest {
  @IsString()
  @IsNotEmpty()
  message: string;
}

export class EchoResponse {
  @IsString()
  response: string;
}
