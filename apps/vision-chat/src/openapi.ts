import { writeApiDocument } from 'nestage';
import { AppModule } from './app.module.js';
import { readAppEnvironment } from './environment.js';

const FILE = 'openapi.json';

await writeApiDocument(AppModule.of(readAppEnvironment()), FILE);
process.stdout.write(`The API document is in ${FILE}\n`);
