"""FastAPI on uvicorn, with uvloop and httptools where they are installed: the same routes, checked by pydantic."""

import asyncio
import json
import os
from typing import List, Literal, Optional

import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

EVENTS_PER_STREAM = 200

app = FastAPI()


class EchoRequest(BaseModel):
    message: str = Field(min_length=1)


class EchoResponse(BaseModel):
    response: str


class ChatMessage(BaseModel):
    role: Literal["system", "user", "assistant"]
    content: str


class ChatRequest(BaseModel):
    model: str
    messages: List[ChatMessage] = Field(min_items=1)
    temperature: Optional[float] = Field(default=None, ge=0, le=2)
    top_p: Optional[float] = Field(default=None, ge=0, le=1)
    max_tokens: Optional[int] = Field(default=None, ge=1)
    stream: Optional[bool] = None
    seed: Optional[int] = None
    user: Optional[str] = None


class ChatChoice(BaseModel):
    index: int
    message: ChatMessage
    finish_reason: str


class ChatResponse(BaseModel):
    id: str
    object: str
    model: str
    choices: List[ChatChoice]


@app.post("/echo", response_model=EchoResponse)
async def echo(request: EchoRequest):
    return EchoResponse(response=request.message)


@app.post("/chat", response_model=ChatResponse)
async def chat(request: ChatRequest):
    message = ChatMessage(role="assistant", content=request.messages[-1].content)
    choice = ChatChoice(index=0, message=message, finish_reason="stop")
    return ChatResponse(id="chatcmpl-1", object="chat.completion", model=request.model, choices=[choice])


async def tokens():
    for number in range(EVENTS_PER_STREAM):
        await asyncio.sleep(0)
        yield "data: " + json.dumps({"token": f"word{number}"}) + "\n\n"


@app.get("/stream")
async def stream():
    return StreamingResponse(tokens(), media_type="text/event-stream")


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=False, log_level="error")
