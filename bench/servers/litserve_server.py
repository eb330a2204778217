"""LitServe with one worker and no batching: the same echo."""

import os

import litserve


class EchoApi(litserve.LitAPI):
    def setup(self, device):
        pass

    def decode_request(self, request):
        return request["message"]

    def predict(self, message):
        return message

    def encode_response(self, message):
        return {"response": message}


if __name__ == "__main__":
    server = litserve.LitServer(EchoApi(), accelerator="cpu")
    server.run(host="127.0.0.1", port=int(os.environ["PORT"]), generate_client_file=False, log_level="error")
