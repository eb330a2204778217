import type { GenericTextKey } from './error-catalogue.js';

/** Languages of the texts that stand for hidden causes. @publicApi */
export const LOCALES = ['en', 'zh'] as const;

/** @see LOCALES @publicApi */
export type Locale = (typeof LOCALES)[number];

/** What a client reads in place of a message that it must not see. @internal */
export const ERROR_TEXTS: Readonly<Record<Locale, Readonly<Record<GenericTextKey, string>>>> = {
  en: {
    unavailable: 'Service temporarily unavailable',
    model: 'Service temporarily unavailable',
    image: 'Service temporarily unavailable',
    unknown: 'Something went wrong',
  },
  zh: {
    unavailable: '服务暂时不可用',
    model: '模型服务异常',
    image: '图像处理失败',
    unknown: '系统异常',
  },
};
