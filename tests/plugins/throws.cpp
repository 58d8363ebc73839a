/* throws.cpp: a plugin in C++ that lets exceptions escape into the host, which is C. */
#include <bptl/plugin.h>

#include <stdexcept>

[[noreturn]] static void fall()
{
	throw std::runtime_error("nobody catches this");
}

static int throws(struct bptl_task *t)
{
	if (!bptl_boolean(t, "caught"))
		fall();
	try {
		fall();
	} catch (const std::exception &e) {
		return bptl_set_text(t, "caught", e.what());
	}
}

static int promises(struct bptl_task *t) noexcept
{
	if (bptl_boolean(t, "caught"))
		return 0;
	fall();
}

static const struct bptl_variable in[] = {
	{"caught", BPTL_BOOLEAN, BPTL_OPTIONAL, "stay within C++", nullptr},
	{nullptr, BPTL_ANY, BPTL_OPTIONAL, nullptr, nullptr},
};
static const struct bptl_unit throws_unit = {"Throw", "Throws", nullptr, throws, in, nullptr, nullptr, nullptr};
static const struct bptl_unit promises_unit = {
	"Promise", "Throws, and had promised not to", nullptr, promises, in, nullptr, nullptr, nullptr};
static const struct bptl_unit *const units[] = {&throws_unit, &promises_unit, nullptr};
static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE, .name = "throws",   .version = "1",  .summary = "Written in C++",
	.units = units, .options = nullptr, .init = nullptr, .fini = nullptr};

extern "C" BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
