// The pages of reports without their data: report_page.html with style, common script and the
// script of each, taken in when this is built. "{{nonce}}" and "{{report}}" stand for what
// report_page() puts there.
#pragma once

namespace tsb {

extern const char* const cluster_page_template;
extern const char* const repository_page_template;

}  // namespace tsb
