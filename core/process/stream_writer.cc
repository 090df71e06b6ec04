#include "core/process/stream_writer.h"

#include <uv.h>

namespace proctor {
namespace {

struct Request {
  uv_write_t write{};
  std::string text;
};

}  // namespace

struct StreamWriter::Stream {
  uv_pipe_t pipe{};
};

StreamWriter::StreamWriter(uv_loop_s* loop, Fd fd) : stream_(new Stream) {
  uv_pipe_init(loop, &stream_->pipe, 0);
  stream_->pipe.data = stream_;
  if (uv_pipe_open(&stream_->pipe, fd.get()) == 0) fd.Release();
}

StreamWriter::~StreamWriter() {
  uv_close(reinterpret_cast<uv_handle_t*>(&stream_->pipe),
           [](uv_handle_t* handle) { delete static_cast<Stream*>(handle->data); });
}

void StreamWriter::Write(std::string text) {
  auto* request = new Request;
  request->text = std::move(text);
  request->write.data = request;
  const uv_buf_t buffer =
      uv_buf_init(request->text.data(), static_cast<unsigned>(request->text.size()));
  const int error =
      uv_write(&request->write, reinterpret_cast<uv_stream_t*>(&stream_->pipe), &buffer, 1,
               [](uv_write_t* done, int) { delete static_cast<Request*>(done->data); });
  if (error != 0) delete request;
}

}  // namespace proctor
