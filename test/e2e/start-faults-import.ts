import { embeddings } from 'nestage/openai';

/** What a decorator in a module that is imported late may say. */
embeddings({ models: [] });
