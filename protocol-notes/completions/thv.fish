# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_thv_global_optspecs
    string join \n json q/quiet color= wire-log= u/username= password-stdin registry-config= ca-file= cert= key= plain-http insecure-skip-tls-verify h/help V/version
end

function __fish_thv_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_thv_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_thv_using_subcommand
    set -l cmd (__fish_thv_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c thv -n "__fish_thv_needs_command" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_needs_command" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_needs_command" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_needs_command" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_needs_command" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_needs_command" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_needs_command" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_needs_command" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_needs_command" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_needs_command" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_needs_command" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_needs_command" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_needs_command" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_needs_command" -s V -l version -d 'Print version'
complete -c thv -n "__fish_thv_needs_command" -f -a "export" -d 'Export a workload from the state store to a file or an OCI registry'
complete -c thv -n "__fish_thv_needs_command" -f -a "import" -d 'Import a run configuration from a file or an OCI registry into the state store'
complete -c thv -n "__fish_thv_needs_command" -f -a "push" -d 'Push a run configuration file to an OCI registry'
complete -c thv -n "__fish_thv_needs_command" -f -a "pull" -d 'Pull a run configuration from an OCI registry to a file or standard output'
complete -c thv -n "__fish_thv_needs_command" -f -a "inspect" -d 'Show a run configuration as a person reads it: what runs, and what it may touch'
complete -c thv -n "__fish_thv_needs_command" -f -a "diff" -d 'Compare two run configurations, what they may touch first'
complete -c thv -n "__fish_thv_needs_command" -f -a "list" -d 'List the run configurations in the state store'
complete -c thv -n "__fish_thv_needs_command" -f -a "run" -d 'Run an MCP server from a run configuration or an image'
complete -c thv -n "__fish_thv_needs_command" -f -a "login" -d 'Log in to a registry, and store the login where docker and podman find it too'
complete -c thv -n "__fish_thv_needs_command" -f -a "logout" -d 'Forget the login at a registry'
complete -c thv -n "__fish_thv_needs_command" -f -a "wire" -d 'Show, check and export transcripts of registry traffic'
complete -c thv -n "__fish_thv_needs_command" -f -a "registry" -d 'The embedded development registry'
complete -c thv -n "__fish_thv_needs_command" -f -a "demo" -d 'Show a round trip through the embedded registry; nothing outside is touched'
complete -c thv -n "__fish_thv_needs_command" -f -a "help" -d 'Show the help of a command, or explain exit-codes, auth or references'
complete -c thv -n "__fish_thv_using_subcommand export" -l secret -d 'Share the environment variable VARIABLE as a reference to the secret NAME' -r
complete -c thv -n "__fish_thv_using_subcommand export" -l allow -d 'Share what stands at PATH although it looks like a secret or a private path' -r
complete -c thv -n "__fish_thv_using_subcommand export" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand export" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand export" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand export" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand export" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand export" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand export" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand export" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand export" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand export" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand export" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand export" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand export" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_using_subcommand import" -l name -d 'Import it under another name' -r
complete -c thv -n "__fish_thv_using_subcommand import" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand import" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand import" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand import" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand import" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand import" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand import" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand import" -l force -d 'Replace a different run configuration of the same name'
complete -c thv -n "__fish_thv_using_subcommand import" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand import" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand import" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand import" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand import" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand import" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_using_subcommand push" -l secret -d 'Share the environment variable VARIABLE as a reference to the secret NAME' -r
complete -c thv -n "__fish_thv_using_subcommand push" -l allow -d 'Share what stands at PATH although it looks like a secret or a private path' -r
complete -c thv -n "__fish_thv_using_subcommand push" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand push" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand push" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand push" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand push" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand push" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand push" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand push" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand push" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand push" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand push" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand push" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand push" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_using_subcommand pull" -s o -l output -d 'The file to write; without it the run configuration goes to standard output' -r -F
complete -c thv -n "__fish_thv_using_subcommand pull" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand pull" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand pull" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand pull" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand pull" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand pull" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand pull" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand pull" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand pull" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand pull" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand pull" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand pull" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand pull" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_using_subcommand inspect" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand inspect" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand inspect" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand inspect" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand inspect" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand inspect" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand inspect" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand inspect" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand inspect" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand inspect" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand inspect" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand inspect" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand inspect" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_using_subcommand diff" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand diff" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand diff" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand diff" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand diff" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand diff" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand diff" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand diff" -l values -d 'Show the values of environment variables, and others that may be secret'
complete -c thv -n "__fish_thv_using_subcommand diff" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand diff" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand diff" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand diff" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand diff" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand diff" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_using_subcommand list" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand list" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand list" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand list" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand list" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand list" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand list" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand list" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand list" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand list" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand list" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand list" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand list" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_using_subcommand run" -l from-config -d 'Run the configuration in this file or at this reference, and no image' -r
complete -c thv -n "__fish_thv_using_subcommand run" -l name -d 'Run it under another name' -r
complete -c thv -n "__fish_thv_using_subcommand run" -l engine -d 'podman, docker, or toolhive for what only its proxy can do (its program: `THV_TOOLHIVE`)' -r -f -a "podman\t''
docker\t''
toolhive\t''"
complete -c thv -n "__fish_thv_using_subcommand run" -l allow-unsupported -d 'Run although this field cannot be honoured' -r
complete -c thv -n "__fish_thv_using_subcommand run" -l secret -d 'A secret\'s value, NAME=@FILE; with an image also NAME,target=VARIABLE' -r
complete -c thv -n "__fish_thv_using_subcommand run" -l port -d 'Publish an HTTP server at this port, or fail' -r
complete -c thv -n "__fish_thv_using_subcommand run" -l transport -d 'With an image: how its server is spoken to' -r
complete -c thv -n "__fish_thv_using_subcommand run" -l target-port -d 'With an image: the port at which its server listens' -r
complete -c thv -n "__fish_thv_using_subcommand run" -s e -l env -d 'With an image: an environment variable, NAME=VALUE or NAME for the value that it has here' -r
complete -c thv -n "__fish_thv_using_subcommand run" -s v -l volume -d 'With an image: a mount, HOST:CONTAINER[:ro]' -r
complete -c thv -n "__fish_thv_using_subcommand run" -l permission-profile -d 'With an image: what it may reach' -r -f -a "none\t'Nobody'
network\t'Everybody'"
complete -c thv -n "__fish_thv_using_subcommand run" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand run" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand run" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand run" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand run" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand run" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand run" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand run" -l yes -d 'Agree to what a configuration from a registry may touch'
complete -c thv -n "__fish_thv_using_subcommand run" -l detach -d 'Leave an HTTP server running in the background'
complete -c thv -n "__fish_thv_using_subcommand run" -l dry-run -d 'Print the engine\'s command and run nothing'
complete -c thv -n "__fish_thv_using_subcommand run" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand run" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand run" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand run" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand run" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thv -n "__fish_thv_using_subcommand login" -l password -d 'The password; others can see it in the list of processes: prefer --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand login" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand login" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand login" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand login" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand login" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand login" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand login" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand login" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand login" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand login" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand login" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand login" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand login" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_using_subcommand logout" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand logout" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand logout" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand logout" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand logout" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand logout" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand logout" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand logout" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand logout" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand logout" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand logout" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand logout" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand logout" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -f -a "show" -d 'Show a transcript, one line an exchange'
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -f -a "check" -d 'Check a transcript against the specification and the rules of security'
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -f -a "export" -d 'Turn a transcript into a HAR file, curl commands, or a page to look at'
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -f -a "replay" -d 'Serve the responses of a transcript to whoever asks for the same things'
complete -c thv -n "__fish_thv_using_subcommand wire; and not __fish_seen_subcommand_from show check export replay proxy" -f -a "proxy" -d 'Record any client: a proxy before one registry'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from show" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from show" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from show" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from show" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from show" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from show" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from show" -l headers -d 'Show the header fields'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from show" -l bodies -d 'Show the bodies\' text'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from show" -l follow -d 'Go on while the transcript is being written'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from show" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from show" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from show" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from check" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from check" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from check" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from check" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from check" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from check" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from check" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from check" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from check" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from check" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from check" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from export" -l format -d 'What to make of it' -r -f -a "har\t'HAR 1.2, for browsers\' developer tools'
curl\t'A shell script of curl commands'
html\t'One page that needs no network'"
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from export" -s o -l output -d 'The file to write; without it the result goes to standard output' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from export" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from export" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from export" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from export" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from export" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from export" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from export" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from export" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from export" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from export" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from export" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from replay" -l listen -d 'Address and port to listen at; port 0 takes a free one' -r
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from replay" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from replay" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from replay" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from replay" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from replay" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from replay" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from replay" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from replay" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from replay" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from replay" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from replay" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from replay" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from replay" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from proxy" -l listen -d 'Address and port to listen at; port 0 takes a free one' -r
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from proxy" -l upstream -d 'The registry, such as `https://registry.example.com`' -r
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from proxy" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from proxy" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from proxy" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from proxy" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from proxy" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from proxy" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from proxy" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from proxy" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from proxy" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from proxy" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from proxy" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from proxy" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand wire; and __fish_seen_subcommand_from proxy" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_using_subcommand registry; and not __fish_seen_subcommand_from serve" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand registry; and not __fish_seen_subcommand_from serve" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand registry; and not __fish_seen_subcommand_from serve" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand registry; and not __fish_seen_subcommand_from serve" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand registry; and not __fish_seen_subcommand_from serve" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand registry; and not __fish_seen_subcommand_from serve" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand registry; and not __fish_seen_subcommand_from serve" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand registry; and not __fish_seen_subcommand_from serve" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand registry; and not __fish_seen_subcommand_from serve" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand registry; and not __fish_seen_subcommand_from serve" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand registry; and not __fish_seen_subcommand_from serve" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand registry; and not __fish_seen_subcommand_from serve" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand registry; and not __fish_seen_subcommand_from serve" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_using_subcommand registry; and not __fish_seen_subcommand_from serve" -f -a "serve" -d 'Serve until interrupted; it asks for no login, so keep it on loopback'
complete -c thv -n "__fish_thv_using_subcommand registry; and __fish_seen_subcommand_from serve" -l listen -d 'Address and port to listen at; port 0 takes a free one' -r
complete -c thv -n "__fish_thv_using_subcommand registry; and __fish_seen_subcommand_from serve" -l dir -d 'Keep the content in DIR instead of in memory' -r -F
complete -c thv -n "__fish_thv_using_subcommand registry; and __fish_seen_subcommand_from serve" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand registry; and __fish_seen_subcommand_from serve" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand registry; and __fish_seen_subcommand_from serve" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand registry; and __fish_seen_subcommand_from serve" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand registry; and __fish_seen_subcommand_from serve" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand registry; and __fish_seen_subcommand_from serve" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand registry; and __fish_seen_subcommand_from serve" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand registry; and __fish_seen_subcommand_from serve" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand registry; and __fish_seen_subcommand_from serve" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand registry; and __fish_seen_subcommand_from serve" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand registry; and __fish_seen_subcommand_from serve" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand registry; and __fish_seen_subcommand_from serve" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand registry; and __fish_seen_subcommand_from serve" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_using_subcommand demo" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand demo" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand demo" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand demo" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand demo" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand demo" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand demo" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand demo" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand demo" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand demo" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand demo" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand demo" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand demo" -s h -l help -d 'Print help'
complete -c thv -n "__fish_thv_using_subcommand help" -l color -d 'When to use colour; auto is on a terminal, and not where `NO_COLOR` is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thv -n "__fish_thv_using_subcommand help" -l wire-log -d 'Append every HTTP exchange to FILE, one JSON object a line, without credentials' -r
complete -c thv -n "__fish_thv_using_subcommand help" -s u -l username -d 'Log in as NAME; the password comes with --password-stdin' -r
complete -c thv -n "__fish_thv_using_subcommand help" -l registry-config -d 'Look for logins in FILE before all others, and store them there' -r -F
complete -c thv -n "__fish_thv_using_subcommand help" -l ca-file -d 'Trust the certificate authorities in FILE too (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand help" -l cert -d 'Show the registry the client certificate in FILE (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand help" -l key -d 'The client certificate\'s private key (PEM)' -r -F
complete -c thv -n "__fish_thv_using_subcommand help" -l json -d 'Print one JSON object instead of text; messages go to standard error'
complete -c thv -n "__fish_thv_using_subcommand help" -s q -l quiet -d 'Say nothing but results, warnings, questions and errors'
complete -c thv -n "__fish_thv_using_subcommand help" -l password-stdin -d 'Read the password from standard input'
complete -c thv -n "__fish_thv_using_subcommand help" -l plain-http -d 'Speak plain http to any registry, not only to loopback addresses'
complete -c thv -n "__fish_thv_using_subcommand help" -l insecure-skip-tls-verify -d 'Accept any certificate: whoever sits between can read and change everything'
complete -c thv -n "__fish_thv_using_subcommand help" -s h -l help -d 'Print help'
