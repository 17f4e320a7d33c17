"""The public names, package by package: what users can count on. `tests/test_api.py` holds the code to them."""

__all__ = ["API"]

API: dict[str, str] = {
    "": """
        Tensor tensor Parameter no_grad enable_grad is_grad_enabled grad differentiable check_grads checkpoint jacobian
        hessian hvp vjp jvp detect_anomaly random set_num_threads get_num_threads set_default_dtype functional layers
        models losses metrics optimizers callbacks initializers regularizers constraints data datasets io utils nn
        optim clear_workspace draw_graph __version__""",
    "functional": """
        add subtract multiply divide power negative absolute sign maximum minimum clip where sqrt rsqrt square
        reciprocal exp expm1 log log1p log2 log10 sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh
        arccosh arctanh erf floor ceil round mod
        sum mean prod var std max min logsumexp norm cumsum cumprod argmax argmin all any
        reshape transpose swapaxes moveaxis squeeze expand_dims broadcast_to concatenate stack split tile repeat pad
        flip roll flatten
        getitem take take_along_axis scatter_add one_hot embedding masked_fill tril triu sort topk diagonal
        matmul dot tensordot einsum outer trace inv solve det slogdet cholesky
        linear step sigmoid hard_sigmoid hard_tanh relu relu6 leaky_relu prelu elu selu celu gelu silu hard_silu
        mish softplus softsign exponential softmax log_softmax log_sigmoid maxout glu threshold
        conv1d conv2d conv3d conv1d_transpose conv2d_transpose conv3d_transpose depthwise_conv2d unfold fold
        max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d min_pool2d adaptive_avg_pool1d
        adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d
        global_avg_pool global_max_pool upsample pixel_shuffle
        batch_norm layer_norm group_norm instance_norm rms_norm local_response_norm normalize
        dropout spatial_dropout alpha_dropout gaussian_noise
        rnn lstm gru scaled_dot_product_attention sinusoidal_encoding rotary_embedding
        mse mae huber smooth_l1 log_cosh mape msle poisson_nll gaussian_nll binary_cross_entropy
        binary_cross_entropy_with_logits cross_entropy nll kl_div hinge squared_hinge categorical_hinge
        cosine_embedding margin_ranking triplet_margin contrastive focal dice ctc""",
    "layers": """
        Module Layer Input Dense Activation ReLU LeakyReLU PReLU ELU SELU GELU SiLU Softmax Softplus Maxout Flatten
        Reshape Permute RepeatVector Embedding PositionalEncoding Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose
        Conv3DTranspose DepthwiseConv2D SeparableConv2D MaxPool1D MaxPool2D MaxPool3D AvgPool1D AvgPool2D AvgPool3D
        GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D GlobalMaxPool1D GlobalMaxPool2D GlobalMaxPool3D
        AdaptiveAvgPool2D UpSampling1D UpSampling2D ZeroPadding1D ZeroPadding2D Cropping2D Dropout SpatialDropout1D
        SpatialDropout2D AlphaDropout GaussianNoise BatchNorm LayerNorm GroupNorm InstanceNorm RMSNorm
        LocalResponseNorm RNN SimpleRNN SimpleRNNCell LSTM LSTMCell GRU GRUCell Bidirectional TimeDistributed
        MultiHeadAttention TransformerEncoder TransformerDecoder Add Subtract Multiply Average Maximum Concatenate Dot
        Lambda MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D
        GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D
        GlobalMaxPooling3D BatchNormalization LayerNormalization GroupNormalization""",
    "models": "Model Sequential load_model",
    "losses": """
        MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredLogarithmicError Huber LogCosh
        Poisson KLDivergence BinaryCrossentropy BinaryFocalCrossentropy CategoricalCrossentropy
        CategoricalFocalCrossentropy SparseCategoricalCrossentropy Hinge SquaredHinge CategoricalHinge CosineSimilarity
        Dice Tversky CTC""",
    "metrics": """
        Accuracy BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy TopKCategoricalAccuracy Precision Recall
        F1Score AUC MeanSquaredError RootMeanSquaredError MeanAbsoluteError R2Score Perplexity confusion_matrix
        classification_report""",
    "optimizers": "SGD Adagrad Adadelta RMSprop Adam AdamW Adamax Nadam RAdam Lion Rprop LBFGS",
    "optimizers.schedules": """
        ExponentialDecay PiecewiseConstantDecay PolynomialDecay InverseTimeDecay CosineDecay CosineDecayRestarts
        OneCycle Cyclical""",
    "callbacks": """
        Callback History ProgressBar EarlyStopping ModelCheckpoint LearningRateScheduler ReduceLROnPlateau CSVLogger
        TensorBoard TerminateOnNaN BackupAndRestore LambdaCallback""",
    "initializers": """
        Zeros Ones Constant RandomUniform RandomNormal TruncatedNormal VarianceScaling GlorotUniform GlorotNormal
        HeUniform HeNormal LecunUniform LecunNormal Orthogonal Identity""",
    "regularizers": "L1 L2 L1L2 OrthogonalRegularizer",
    "constraints": "MaxNorm NonNeg UnitNorm",
    "nn": """
        Module Parameter Sequential ModuleList ModuleDict Linear Bilinear Identity Flatten Unflatten Embedding Conv1d
        Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d MaxPool1d MaxPool2d MaxPool3d AvgPool1d
        AvgPool2d AvgPool3d AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d
        AdaptiveMaxPool3d BatchNorm1d BatchNorm2d BatchNorm3d LayerNorm GroupNorm InstanceNorm1d InstanceNorm2d
        InstanceNorm3d RMSNorm LocalResponseNorm Dropout Dropout2d AlphaDropout Upsample PixelShuffle ZeroPad2d RNN
        LSTM GRU RNNCell LSTMCell GRUCell MultiheadAttention TransformerEncoderLayer TransformerDecoderLayer
        TransformerEncoder TransformerDecoder Transformer
        ReLU ReLU6 LeakyReLU PReLU ELU SELU CELU GELU SiLU Mish Hardswish Hardsigmoid Hardtanh Sigmoid LogSigmoid Tanh
        Softplus Softsign Softmax LogSoftmax Threshold GLU
        MSELoss L1Loss SmoothL1Loss HuberLoss CrossEntropyLoss NLLLoss BCELoss BCEWithLogitsLoss KLDivLoss
        HingeEmbeddingLoss CosineEmbeddingLoss MarginRankingLoss TripletMarginLoss PoissonNLLLoss GaussianNLLLoss
        SoftMarginLoss MultiMarginLoss CTCLoss functional init utils""",
    "nn.functional": """
        linear bilinear embedding conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d unfold fold
        max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d
        adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d interpolate pixel_shuffle pad
        dropout dropout2d alpha_dropout batch_norm layer_norm group_norm instance_norm rms_norm local_response_norm
        normalize relu relu6 leaky_relu prelu elu selu celu gelu silu mish hardswish hardsigmoid hardtanh sigmoid
        logsigmoid tanh softplus softsign softmax log_softmax threshold glu scaled_dot_product_attention mse_loss
        l1_loss smooth_l1_loss huber_loss cross_entropy nll_loss binary_cross_entropy binary_cross_entropy_with_logits
        kl_div hinge_embedding_loss cosine_embedding_loss margin_ranking_loss triplet_margin_loss poisson_nll_loss
        gaussian_nll_loss soft_margin_loss multi_margin_loss ctc_loss""",
    "nn.init": """
        uniform_ normal_ constant_ zeros_ ones_ eye_ xavier_uniform_ xavier_normal_ kaiming_uniform_ kaiming_normal_
        trunc_normal_ orthogonal_ dirac_ sparse_ calculate_gain""",
    "nn.utils": "clip_grad_norm_ clip_grad_value_ parameters_to_vector vector_to_parameters",
    "optim": "SGD Adagrad Adadelta RMSprop Adam AdamW Adamax NAdam RAdam Rprop LBFGS lr_scheduler",
    "optim.lr_scheduler": """
        StepLR MultiStepLR ExponentialLR CosineAnnealingLR OneCycleLR ReduceLROnPlateau LambdaLR""",
    "data": """
        Dataset ArrayDataset DataLoader train_val_test_split Standardize one_hot RandomCrop RandomFlip RandomShift
        RandomRotation CharTokenizer BPETokenizer sliding_windows pad_sequences""",
    "datasets": """
        mnist fashion_mnist cifar10 digits breast_cancer iris wine california_housing shakespeare make_xor
        make_counting make_moons make_spirals make_blobs make_sine""",
    "io": """
        save_safetensors load_safetensors save_npz load_npz Checkpoint CheckpointManager from_torch to_torch
        FormatError""",
    "utils": "to_categorical",
    "plotting": """
        activation attention_maps confusion_matrix decision_boundary feature_maps filters gradient_flow image_grid
        latent_space learning_curves learning_rate_schedule""",
    "sklearn": "MLPClassifier MLPRegressor NeuralNetClassifier NeuralNetRegressor",
}
