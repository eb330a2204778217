import { writeApiDocument } from 'nestage';
import { AppModule } from './app.module.js';

const FILE = 'openapi.json';

await writeApiDocument(AppModule, FILE);
process.stdout.write(`The API document is in ${FILE}\n`);
