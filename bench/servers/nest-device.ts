// The device of nestage-device.ts behind a plain controller: what is not done yet waits in the device.
import { Body, Controller, HttpCode, Module, Post, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Device, LANES } from './device.js';
import { EchoRequest, type EchoResponse } from './echo.dto.js';
import { port } from './environment.js';

const lanes = new Device(LANES);

@Controller()
class DeviceController {
  @Post('limited')
  @HttpCode(200)
  async limited(@Body() request: EchoRequest): Promise<EchoResponse> {
    const { message } = await lanes.call(request);
    return { response: message };
  }
}

@Module({ controllers: [DeviceController] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: false });
app.useGlobalPipes(new ValidationPipe({ transform: true }));
await app.listen(port, '127.0.0.1');
