// libFuzzer target: the file that outlives a restart. The input changes bytes of a good one, as a disk or another
// program might; whatever is taken over must be fit for use.
#include <cstddef>
#include <cstdint>

#include "../unit/saved_support.h"

// Each four bytes of input are one change: where (3) and what to write (1).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace query_audit::test;
    static const Image good = saved_image();
    Image image(good);
    for (; size >= 4; data += 4, size -= 4) {
        const std::size_t at = (std::size_t{data[0]} << 16 | std::size_t{data[1]} << 8 | data[2]) % image.size();
        image.data()[at] = static_cast<char>(data[3]);
    }
    (void)restores_safely(image);
    return 0;
}
