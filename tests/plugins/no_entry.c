/* no_entry.c: a shared object without bptl_describe(). */
int bptl_something_else(void);
__attribute__((visibility("default"))) int bptl_something_else(void)
{
	return 1;
}
