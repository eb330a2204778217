import { OCR_MODEL_ID } from '../ocr-model.js';

/** A small picture of the words "Total 42". */
const PICTURE =
  'data:image/png;base64,' +
  'iVBORw0KGgoAAAANSUhEUgAAAJYAAAAoAgMAAABhr+t0AAAADFBMVEX///8PDw93d3e7u7sx6TrcAAAACXBIWXMAAAsTAAALEwEAmpwYAAABGklEQVQ4y+3T' +
  'MW7CMBQG4L+JPGQIW5K1SzKzsHMED3mAKg9Z26U5Qg8RtR27IEHEIXKIEE7QGU5Q+mwKEuWFmYE3WJH86c/vyAHuc3uz692p63p1fPa1XRcYvDf/GRHlgFec' +
  'mJcjInORNn9ZnbEwR/eTX7xVveGMqQqP6CS2xeB16G8PLGt5iQUWUKlIp1Q61lqWCSxdmuDpK14ax0xfWoeKuw3xaZlXWLYRWIXYHaG1LBwz82cCmyG1bL+x' +
  'TDXMHrTAjGMBTS3LwEyNRTZiFtUuLbG9IvSmVUgsWxMVyNHbzcClRcyEan8n1cw+DjekhSohfzcGlT89sqiRWPpsQHo9P6VxP4GFVOJbjybJNcazd7dod//J' +
  'b3p+AQ1pWGU595P9AAAAAElFTkSuQmCC';

/** A chat that works as it is, for the API document. */
export const CHAT_EXAMPLE = {
  model: OCR_MODEL_ID,
  messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: PICTURE } }] }],
};
