"""The same API as test/api/fastapi_test.cpp, as FastAPI's tutorial writes it. Served by uvicorn."""
from enum import Enum
from typing import List, Optional

from fastapi import Depends, FastAPI, File, Form, Header, HTTPException, Path, Query, Response, UploadFile
from fastapi import Cookie
from fastapi.security import APIKeyHeader, HTTPBasic, HTTPBasicCredentials, OAuth2PasswordBearer
from pydantic import BaseModel, Field

app = FastAPI()


class Colour(str, Enum):
    red = "red"
    green = "green"


class Part(BaseModel):
    name: str
    weight: float


class Item(BaseModel):
    name: str = Field(min_length=1, max_length=20)
    price: float = Field(gt=0, le=1000000)
    stock: int = Field(1, ge=0)
    paint: Colour = Colour.red
    note: Optional[str] = Field(None, max_length=5)
    tags: List[str] = Field([], max_items=2)
    parts: List[Part] = []


def one_item():
    return Item(name="rope", price=9.5)


@app.get("/items/{id}", response_model=Item)
async def get_item(id: int = Path(ge=1), verbose: bool = False):
    if id == 404:
        raise HTTPException(404, "there is no item 404")
    item = one_item()
    if verbose:
        item.note = "long"
    return item


@app.post("/items", status_code=201)
async def add_item(item: Item) -> int:
    return len(item.parts)


@app.delete("/items/{id}", status_code=204)
async def remove_item(id: int):
    return Response(status_code=204)


@app.get("/items")
async def find_items(q: Optional[str] = Query(None, min_length=2, max_length=10), limit: int = Query(10, ge=1, le=100),
                     paint: List[Colour] = Query([], max_items=2)):
    return [q or "-", str(limit), str(len(paint))]


@app.get("/greeting")
async def greeting(accept_language: str = Header("en"), name: Optional[str] = Cookie(None)):
    return accept_language + " " + (name or "you")


@app.post("/order")
async def order(name: str = Form(min_length=1, max_length=20), count: int = Form(1, ge=1), gift: Optional[bool] = Form(None)):
    return f"{name} {count} {'-' if gift is None else 'gift' if gift else 'no gift'}"


@app.post("/photos")
async def add_photo(title: str = Form(), photo: UploadFile = File()):
    content = await photo.read()
    return f"{title} {photo.filename} {photo.content_type} {len(content)}"


bearer = OAuth2PasswordBearer(tokenUrl="token")
basic = HTTPBasic()
key = APIKeyHeader(name="X-Key")


@app.get("/me")
async def me(token: str = Depends(bearer)):
    if token != "good":
        raise HTTPException(401, "the bearer token is not accepted", {"WWW-Authenticate": "Bearer"})
    return "ann"


@app.get("/basic")
async def with_password(who: HTTPBasicCredentials = Depends(basic)):
    if who.password != "open sesame":
        raise HTTPException(401, "wrong", {"WWW-Authenticate": "Basic"})
    return who.username


@app.get("/keyed")
async def keyed(given: str = Depends(key)):
    if given != "good":
        raise HTTPException(401, "wrong")
    return "ann"


@app.get("/files/{name:path}")
async def get_file(name: str):
    return name
