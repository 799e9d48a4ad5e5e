#include "core/stream.h"

namespace kdtalker {

void Stream::Upload(void* to, const HostBuffer& from, std::size_t bytes, Crossing why) {
  CopyIn(to, from.data(), bytes);
  device_->CountUpload(bytes, why);
}

void Stream::Download(const HostBuffer& to, const void* from, std::size_t bytes, Crossing why) {
  CopyOut(to.data(), from, bytes);
  device_->CountDownload(bytes, why);
}

void Stream::UploadNow(void* to, const void* from, std::size_t bytes, Crossing why) {
  CopyInNow(to, from, bytes);
  device_->CountUpload(bytes, why);
}

void Stream::DownloadNow(void* to, const void* from, std::size_t bytes, Crossing why) {
  CopyOutNow(to, from, bytes);
  device_->CountDownload(bytes, why);
}

}  // namespace kdtalker
