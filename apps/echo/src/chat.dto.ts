import { IsNotEmpty, IsString } from 'class-validator';

export class ChatRequest {
  @IsString()
  @IsNotEmpty()
  message: string;
}

export class ChatResponse {
  @IsString()
  response: string;
}
