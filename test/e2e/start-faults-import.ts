import { embeddings } from 'nestage/openai';

/** As a decorator in a module that is imported late may have it. */
embeddings({ models: ['small'], maxInputs: 0 });
