"""Names that a block cannot take, since its module would hide an attribute of `torch.nn.Module`.

Written out so that the front half needs no torch; a test holds it against torch.
"""

RESERVED_MODULE_NAMES = frozenset(
    """
    T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double
    dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
    get_submodule half ipu load_state_dict modules mtia named_buffers named_children named_modules
    named_parameters parameters register_backward_hook register_buffer register_forward_hook
    register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module
    register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_
    set_extra_state set_submodule share_memory state_dict to to_empty train training type xpu
    zero_grad code graph print_readable recompile add_submodule delete_submodule
    delete_all_unused_submodules meta class_name shape_env to_folder
    """.split()
)
